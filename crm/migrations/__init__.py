"""The shape of the database over time: Alembic migrations shipped in the package, applied at first start."""

from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from crm.core.db import Database

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0003"
"""The revision this program works with; a test proves that it is the newest of `versions/`."""


def revision(database: Database) -> str | None:
    """The revision of a database; None when it is empty or missing.

    Reads one row, so that an ordinary start does not load Alembic.
    """
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(database: Database, target: str = "head") -> None:
    """Bring a database to a revision, all steps or none."""
    from alembic import command

    with database.engine.execution_options(mode="write").begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, target)


def newest() -> str:
    """The newest revision of the scripts."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> "Config":
    from pathlib import Path

    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
