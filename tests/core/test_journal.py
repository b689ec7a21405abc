"""The journal: nobody alters it without being seen, and what must be erased can be."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from build import LEA, TODAY, TOM, a_customer, an_invoice, beside, dump, imported
from sqlalchemy import Executable, Table, and_, text
from sqlmodel import Session, SQLModel

from crm.bootstrap import Crm
from crm.core import journal
from crm.core.basics import ListJournal, Undo, VerifyJournal
from crm.core.db import Database
from crm.core.settings import Settings
from crm.customers.actions import CreateCustomer, UpdateCustomer

TABLES = [table for table in SQLModel.metadata.sorted_tables if "journal" in table.name]
COLUMNS = [(table, column.name) for table in TABLES for column in table.columns]


@pytest.fixture(scope="module")
def house(new_house) -> Iterator[Crm]:
    """A journal with everything in it: acts, rows changed in bulk, an undo and an erasure. No test alters it."""
    with new_house() as crm:
        yield filled(crm)


def filled(crm: Crm) -> Crm:
    imported(crm, "number;customer;issue_date;total_incl_tax\nF-1;Dupont;2026-09-01;120.00\n")
    imported(crm, "number;customer;issue_date;due_date;total_incl_tax\nF-1;Dupont;2026-09-01;2026-10-15;120.00\n")
    crm.runner.run(CreateCustomer(number="C-2", name="Martin"), TOM)
    crm.runner.run(Undo(), TOM)
    erased(crm, entry_id=2)
    crm.runner.run(UpdateCustomer(customer="Dupont", city="Brest"), LEA)
    return crm


def erased(crm: Crm, entry_id: int) -> None:
    """Replace the payload of an entry, as erasing a customer does."""
    with crm.database.writing() as session:
        digest = journal.redact(session, entry_id, fields="{}", changes="[]", note="erased")
        journal.append(
            session,
            entry_id=journal.next_id(session),
            at=crm.clock.now(),
            day=TODAY,
            actor=LEA,
            action="erase_customer",
            effect="write",
            fields="{}",
            changes="[]",
            redacts=entry_id,
            redacted_digest=digest,
        )
        session.commit()


def verified(crm: Crm) -> journal.Verification:
    return crm.runner.read(VerifyJournal(), LEA).verification


@contextmanager
def forged(crm: Crm, *statements: Executable) -> Iterator[Session]:
    """The records as somebody with the password of the database would leave them; put right again afterwards."""
    with crm.database.writing(trial=True) as session:
        connection = session.connection()
        off = "PRAGMA defer_foreign_keys=ON" if crm.database.is_sqlite else "SET LOCAL session_replication_role=replica"
        connection.exec_driver_sql(off)
        for statement in statements:
            connection.execute(statement)
        yield session


def another(value: Any) -> Any:
    """A value of the same kind that differs."""
    match value:
        case None:
            return 1
        case int():
            return value + 1_000
        case datetime():
            return value + timedelta(seconds=1)
        case date():
            return value + timedelta(days=1)
        case _:
            return f"{value} "


def row_numbers(table: Table) -> int:
    return {"journal_entry": 6, "journal_payload": 6, "journal_before": 1, "journal_head": 1}[table.name]


def test_the_chain_of_everything_holds(house):
    assert verified(house) == journal.Verification(entries=6, first_broken=None, holds=True)
    assert {name: len(rows) for name, rows in dump(house).items() if "journal" in name} == {
        table.name: row_numbers(table) for table in TABLES
    }


def test_an_empty_journal_holds(crm):
    assert verified(crm) == journal.Verification(entries=0, first_broken=None, holds=True)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda part: getattr(part, "name", part))
def test_every_column_of_every_row_is_covered_by_the_chain(house, table, column):
    with house.database.reading() as session:
        rows = session.connection().execute(table.select()).mappings().all()
    assert len(rows) == row_numbers(table)
    for row in rows:
        this_one = and_(*(key == row[key.name] for key in table.primary_key))
        with forged(house, table.update().where(this_one).values({column: another(row[column])})) as session:
            found = journal.verify(session)
            assert not found.holds, row
            assert found.first_broken is not None


@pytest.mark.parametrize(
    ("statements", "first_broken"),
    [
        (["DELETE FROM journal_payload WHERE entry_id = 6", "DELETE FROM journal_entry WHERE id = 6"], 5),
        (["DELETE FROM journal_payload WHERE entry_id > 3", "DELETE FROM journal_entry WHERE id > 3"], 2),
        (["DELETE FROM journal_payload WHERE entry_id = 3", "DELETE FROM journal_entry WHERE id = 3"], 4),
        (["DELETE FROM journal_before", "DELETE FROM journal_payload", "DELETE FROM journal_entry"], 0),
        (["DELETE FROM journal_payload WHERE entry_id = 1"], 1),
        (["DELETE FROM journal_before"], 2),
        (["DELETE FROM journal_head"], 6),
        (["INSERT INTO journal_head SELECT 2, entries, entry_id, hash FROM journal_head"], 6),
        (["INSERT INTO journal_payload (entry_id, fields, changes, note) VALUES (99, '{}', '[]', '')"], 6),
        (["INSERT INTO journal_payload (entry_id, fields, changes, note) VALUES (-1, '{}', '[]', '')"], 6),
        (
            [
                "INSERT INTO journal_before (entry_id, number, table_name, row_id, old) VALUES (3, 1, 'invoice', 1, '{}')"
            ],
            3,
        ),
        (
            [
                "INSERT INTO journal_before (entry_id, number, table_name, row_id, old) VALUES (99, 1, 'invoice', 1, '{}')"
            ],
            6,
        ),
    ],
    ids=[
        "last entry cut off",
        "tail cut off",
        "an entry taken out",
        "everything cut off",
        "a payload taken out",
        "images taken out",
        "head taken off",
        "two heads",
        "a payload after the end",
        "a payload before the beginning",
        "an image put in",
        "an image after the end",
    ],
)
def test_what_is_cut_off_or_put_in_shows(house, statements, first_broken):
    with forged(house, *map(text, statements)) as session:
        found = journal.verify(session)
    assert (found.holds, found.first_broken) == (False, first_broken)


def test_two_entries_do_not_change_places(house):
    statements = (
        "UPDATE journal_entry SET id = 99 WHERE id = 3",
        "UPDATE journal_entry SET id = 3 WHERE id = 6",
        "UPDATE journal_entry SET id = 6 WHERE id = 99",
    )
    with forged(house, *map(text, statements)) as session:
        assert journal.verify(session).first_broken == 3


# Erasing


def test_erasing_a_payload_keeps_the_chain_and_leaves_no_name(house):
    with house.database.reading() as session:
        payload = session.get_one(journal.JournalPayload, 2)
    assert (payload.fields, payload.changes, payload.note) == ("{}", "[]", "erased")
    assert [row[4] for row in dump(house)["journal_before"]] == ["{}"]
    assert verified(house).holds


def test_a_payload_erased_twice_is_as_the_last_erasure_announced(crm):
    erased(filled(crm), entry_id=2)
    assert verified(crm).holds


def test_a_payload_erased_without_announcement_shows(house):
    with house.database.writing(trial=True) as session:
        journal.redact(session, 1, fields="{}", changes="[]", note="")
        assert journal.verify(session).first_broken == 1


def test_an_erased_entry_is_still_listed(house):
    entries = house.runner.read(ListJournal(), LEA).as_json()["entries"]
    assert [entry["entry"] for entry in entries] == [6, 5, 4, 3, 2, 1]
    assert next(entry for entry in entries if entry["entry"] == 3)["undone"]


# The chain while it grows


def test_each_entry_holds_the_hash_of_the_one_before(house):
    with house.database.reading() as session:
        entries = [session.get_one(journal.JournalEntry, number) for number in range(1, 7)]
        head = session.get_one(journal.JournalHead, 1)
    assert entries[0].previous == journal.GENESIS
    assert [entry.previous for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]
    assert (head.entries, head.entry_id, head.hash) == (6, 6, entries[-1].hash)


def test_two_programs_write_one_chain(crm):
    other = beside(crm)
    for place in range(3):
        a_customer(crm, f"A-{place}", f"Ours {place}")
        an_invoice(other, f"F-{place}", customer=f"Theirs {place}")
    assert verified(crm) == journal.Verification(entries=6, first_broken=None, holds=True)


def test_a_rehearsed_day_is_kept_beside_the_machine_s_time(crm):
    a_customer(crm)
    (entry,) = crm.runner.read(ListJournal(), LEA).entries
    assert entry.day == TODAY
    assert entry.at.tzinfo is not None
    assert entry.at != crm.clock.now()


@pytest.mark.parametrize("parts", [(["ab", "c"], ["a", "bc"]), (["", "a"], ["a", ""]), (["1:a"], ["", "a"])])
def test_no_two_lists_of_texts_have_the_same_digest(parts: tuple[list[str], list[str]]):
    one, other = parts
    assert journal.digest_of(*one) != journal.digest_of(*other)


# The command


def test_the_command_says_that_the_chain_holds(shell):
    shell("create-customer", "--number", "C-1", "--name", "Dupont", "--yes")
    told = shell("verify-journal", "--json")
    assert (told.code, told.json) == (0, {"holds": True, "entries": 1, "first_broken": None})


def test_the_command_fails_where_the_chain_is_broken(shell):
    for number in ("C-1", "C-2"):
        shell("create-customer", "--number", number, "--name", "Dupont", "--yes")
    database = Database(Settings.load().resolved_database_url())
    with database.writing() as session:
        session.connection().execute(text("UPDATE journal_payload SET note = 'x' WHERE entry_id = 2"))
        session.commit()
    database.dispose()
    told = shell("verify-journal", "--json")
    assert (told.code, told.json) == (1, {"holds": False, "entries": 2, "first_broken": 2})
    assert shell("verify-journal").code == 1
    assert shell("doctor", "--json").code == 1
