"""The shape of the database over time: Alembic migrations shipped in the package, applied at first start."""

from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from crm.core.db import Database, NoDatabase

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0020"
"""The revision this program works with; a test proves that it is the newest of `versions/`."""


def revision(database: Database) -> str | None:
    """The revision of a database; None when it is empty or missing.

    Reads one row, so that an ordinary start does not load Alembic.

    Raises:
        OutsideFault: the database cannot be reached.
    """
    if database.missing:
        return None
    try:
        with database.reading() as session:
            connection = session.connection()
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except NoDatabase:
        return None


def upgrade(database: Database, target: str = "head") -> None:
    """Bring a database to a revision, all steps or none; a missing one is made.

    Raises:
        OutsideFault: the database cannot be reached or made.
    """
    try:
        _upgrade(database, target)
    except NoDatabase:
        database.make()
        _upgrade(database, target)


def _upgrade(database: Database, target: str) -> None:
    from alembic import command

    config = _config()
    with database.writing() as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, target)
        session.commit()


def revisions() -> tuple[str, ...]:
    """Every revision the scripts know, the newest first."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def newest() -> str:
    """The newest revision of the scripts."""
    return revisions()[0]


def _config() -> "Config":
    from pathlib import Path

    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
