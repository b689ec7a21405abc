"""Words of exchanges and messages to be found; the day of a merge; the group a customer belongs to; who is away."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_SEARCHED = {
    "interaction": ("text", "contact", "author"),
    "outgoing_message": ("subject", "text"),
    "inbound_message": ("text", "sender"),
}
"""Table → the columns whose words are found."""

_LIGATURES = (("œ", "oe"), ("Œ", "OE"), ("æ", "ae"), ("Æ", "AE"))


def upgrade() -> None:
    """Add the columns, and index every word that is there."""
    op.add_column("customer", sa.Column("siret", sa.String(), nullable=False, server_default=""))
    op.add_column("customer", sa.Column("merged_on", sa.Date(), nullable=True))
    op.add_column("contact", sa.Column("absent_until", sa.Date(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        # SQLite takes a reference with its column or not at all.
        op.execute("ALTER TABLE customer ADD COLUMN parent_id INTEGER REFERENCES customer (id)")
    else:
        op.add_column("customer", sa.Column("parent_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key("customer_parent_id_fkey", "customer", "customer", ["parent_id"], ["id"])
    op.create_index("ix_customer_parent_id", "customer", ["parent_id"])
    op.drop_index("interaction_of_customer", table_name="interaction")
    op.create_index("interaction_of_customer", "interaction", ["customer_id", "day", "time"])
    if op.get_bind().dialect.name == "sqlite":
        _index_sqlite()
    else:
        _index_postgres()


def _plain(expression: str) -> str:
    for sign, letters in _LIGATURES:
        expression = f"replace({expression}, '{sign}', '{letters}')"
    return expression


def _index_sqlite() -> None:
    for table, columns in _SEARCHED.items():
        index = f"words_of_{table}"
        spoken = {
            row: _plain(" || ' ' || ".join(f"{row}.{column}" for column in columns)) for row in ("new", "old", table)
        }
        added = f"INSERT INTO {index}(rowid, words) VALUES (new.id, {spoken['new']});"  # noqa: S608  names of this file
        removed = f"INSERT INTO {index}({index}, rowid, words) VALUES ('delete', old.id, {spoken['old']});"  # noqa: S608  names of this file
        # Without content of its own: what was said stands in its table, once.
        op.execute(
            f"CREATE VIRTUAL TABLE {index} USING fts5(words, content='', detail='none', "
            'tokenize="unicode61 remove_diacritics 2")'
        )
        op.execute(f"INSERT INTO {index}(rowid, words) SELECT id, {spoken[table]} FROM {table}")  # noqa: S608  names of this file
        op.execute(f"CREATE TRIGGER {index}_added AFTER INSERT ON {table} BEGIN {added} END")
        op.execute(f"CREATE TRIGGER {index}_removed AFTER DELETE ON {table} BEGIN {removed} END")
        op.execute(
            f"CREATE TRIGGER {index}_changed AFTER UPDATE OF {', '.join(columns)} ON {table} BEGIN {removed} {added} END"
        )


def _index_postgres() -> None:
    signs = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöøùúûüýÿ"
    letters = "AAAAAACEEEEIIIINOOOOOOUUUUYaaaaaaceeeeiiiinoooooouuuuyy"
    # A function of our own: an extension would need rights that a hosted server does not give.
    op.execute(
        "CREATE FUNCTION words_of(spoken text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ "
        f"SELECT to_tsvector('simple', regexp_replace(lower(translate({_plain('spoken')}, '{signs}', '{letters}')), "
        "'[^a-z0-9]+', ' ', 'g')) $$"
    )
    for table, columns in _SEARCHED.items():
        spoken = " || ' ' || ".join(columns)
        op.execute(f"CREATE INDEX words_of_{table} ON {table} USING gin (words_of({spoken}))")
