"""Finding words in what was said and written: accents, capitals and signs aside, each by its beginning.

The indexes are the database's own (`migrations`, 0019): FTS5 on SQLite, `tsvector` on PostgreSQL.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, literal_column, select
from sqlalchemy import text as sql
from sqlmodel import Session

from crm.core.names import name_key

SEARCHED = {
    "interaction": ("text", "contact", "author"),
    "outgoing_message": ("subject", "text"),
    "inbound_message": ("text", "sender"),
}
"""Table → the columns whose words are found, as its index was made."""


def speaks_of(session: Session, table: Table, words: str) -> ColumnElement[bool] | None:
    """The condition that a row has words beginning with each of these; None where they hold nothing to look for."""
    wanted = name_key(words).split()
    if not wanted:
        return None
    if session.get_bind().dialect.name == "sqlite":
        index = f"words_of_{table.name}"
        asked = " ".join(f'"{word}"*' for word in wanted)
        found: Select[Any] = (
            select(literal_column("rowid")).select_from(sql(index)).where(literal_column(index).op("MATCH")(asked))
        )
        return table.c.id.in_(found)
    spoken = " || ' ' || ".join(f"{table.name}.{name}" for name in SEARCHED[table.name])
    asked = " & ".join(f"{word}:*" for word in wanted)
    return func.words_of(literal_column(spoken)).op("@@")(func.to_tsquery(literal_column("'simple'"), asked))
