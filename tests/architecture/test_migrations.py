"""Migrations lead from any shape the records ever had to the one the tables declare, and keep what is in them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, Table, inspect
from sqlmodel import SQLModel

from crm import bootstrap, migrations
from crm.core.db import Database
from crm.core.settings import Settings

INDEX = "words_of_"
"""How the indexes of words begin: their tables and triggers are the database's own, no table of ours."""
OLDER = [number for number in migrations.revisions() if number != migrations.HEAD]


@pytest.fixture
def database(empty_url):
    found = Database(Settings(database_url=empty_url).database_url)
    yield found
    found.dispose()


def differences(database: Database) -> list[Any]:
    """What the tables as declared have otherwise than the database."""
    assert bootstrap.ROOMS, "every room has declared its tables"
    with database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True, "include_name": _ours})
        return list(compare_metadata(context, SQLModel.metadata))


def _ours(name: str | None, _kind: str, _parents: Any) -> bool:
    return not (name or "").startswith(INDEX)


def test_the_program_works_with_the_newest_shape():
    assert migrations.newest() == migrations.HEAD


def test_every_step_has_a_sentence_and_one_step_before_it():
    from alembic.script import ScriptDirectory

    scripts = list(ScriptDirectory.from_config(migrations._config()).walk_revisions())
    assert [script.down_revision for script in scripts] == [*(script.revision for script in scripts[1:]), None]
    assert all(script.doc for script in scripts)


def test_a_new_database_has_the_shape_that_the_tables_declare(database):
    migrations.upgrade(database)
    assert differences(database) == []
    assert migrations.revision(database) == migrations.HEAD


def test_names_of_indexes_and_constraints_are_those_declared(database):
    migrations.upgrade(database)
    with database.reading() as session:
        look = inspect(session.connection())
        for table in SQLModel.metadata.sorted_tables:
            kept = {index["name"] for index in look.get_indexes(table.name) if not index.get("duplicates_constraint")}
            kept = {name for name in kept if not name.startswith(INDEX)}
            assert kept == {index.name for index in table.indexes}, table.name


@pytest.mark.parametrize("number", OLDER)
def test_an_older_database_gets_the_same_shape_and_keeps_its_rows(database, number):
    migrations.upgrade(database, number)
    before = filled(database)
    assert before
    migrations.upgrade(database)
    assert differences(database) == []
    after = rows(database)
    for table, row in before.items():
        kept = {name: value for name, value in after.get(table, {}).items() if name in row}
        assert kept == {name: row[name] for name in kept}, table


def filled(database: Database) -> dict[str, dict[str, Any]]:
    """Put one row in every table."""
    with database.writing() as session:
        for table in _reflected(session.connection()):
            session.connection().execute(table.insert().values(a_row(table)))
        session.commit()
    return rows(database)


def _reflected(connection: Any) -> list[Table]:
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _metadata: not name.startswith(INDEX))
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def a_row(table: Table) -> dict[str, Any]:
    """A row that refers to the first row of every other table."""
    return {column.name: _value(column) for column in table.columns if not column.nullable or column.primary_key}


def _value(column: Any) -> Any:
    samples = {
        int: 1,
        str: "x",
        date: date(2026, 1, 1),
        datetime: datetime(2026, 1, 1, tzinfo=UTC),
        bool: False,
        float: 1.0,
    }
    return samples[column.type.python_type]


def rows(database: Database) -> dict[str, dict[str, Any]]:
    """The one row of each table that has any."""
    with database.reading() as session:
        connection = session.connection()
        found = {table.name: connection.execute(table.select()).mappings().first() for table in _reflected(connection)}
        return {name: dict(row) for name, row in found.items() if row is not None}


@pytest.mark.parametrize("number", OLDER)
def test_an_upgrade_that_fails_leaves_the_older_shape(database, number, monkeypatch):
    migrations.upgrade(database, number)
    tables = _tables(database)
    really = command.upgrade

    def out_of_power(*words: Any) -> None:
        really(*words)
        raise RuntimeError("out of power")

    monkeypatch.setattr(command, "upgrade", out_of_power)
    with pytest.raises(RuntimeError):
        migrations.upgrade(database)
    assert migrations.revision(database) == number
    assert _tables(database) == tables


def _tables(database: Database) -> set[str]:
    with database.reading() as session:
        return set(inspect(session.connection()).get_table_names())
