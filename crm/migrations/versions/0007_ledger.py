"""Entries, doubtful debts, decisions about differences, and amounts given up."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them; an allocation may be what was given up."""
    _make(
        "write_off",
        sa.Column("invoice_id", _KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        indexed=("invoice_id",),
        invoice_id="invoice",
    )
    # Alembic cannot add a column that refers to another table on SQLite; the database itself can.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(sa.text(f'ALTER TABLE "allocation" ADD COLUMN "write_off_id" {kind} REFERENCES "write_off" (id)'))
    told = sa.text("write_off_id IS NOT NULL")
    op.create_index("allocation_write_off", "allocation", ["write_off_id"], sqlite_where=told, postgresql_where=told)
    _make(
        "doubtful_file",
        sa.Column("invoice_id", _KEY, nullable=False),
        sa.Column("opened", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat", sa.String(), nullable=False),
        sa.Column("recovery_percent", sa.String(), nullable=False),
        sa.Column("valued", sa.Date(), nullable=True),
        sa.Column("lost", sa.Date(), nullable=True),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("proof_day", sa.Date(), nullable=True),
        sa.Column("duplicate_sent", sa.Date(), nullable=True),
        sa.Column("recovered", sa.Date(), nullable=True),
        sa.Column("closed", sa.Date(), nullable=True),
        indexed=("invoice_id",),
        invoice_id="invoice",
    )
    _make(
        "residual_decision",
        sa.Column("invoice_id", _KEY, nullable=True),
        sa.Column("payment_id", _KEY, nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided", sa.Date(), nullable=False),
        sa.Column("write_off_id", _KEY, nullable=True),
        indexed=("invoice_id", "payment_id"),
        invoice_id="invoice",
        payment_id="payment",
        write_off_id="write_off",
    )
    _entries()


def _entries() -> None:
    sources = {
        "customer_id": "customer",
        "invoice_id": "invoice",
        "file_id": "doubtful_file",
        "write_off_id": "write_off",
        "residual_id": "residual",
    }
    _make(
        "ledger_entry",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("invoice_id", _KEY, nullable=True),
        sa.Column("file_id", _KEY, nullable=True),
        sa.Column("write_off_id", _KEY, nullable=True),
        sa.Column("residual_id", _KEY, nullable=True),
        sa.Column("reverses_id", _KEY, nullable=True),
        indexed=("day", *sources),
        **sources,
        reverses_id="ledger_entry",
    )
    _make(
        "ledger_line",
        sa.Column("ledger_entry_id", _KEY, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("auxiliary", sa.String(), nullable=False),
        sa.Column("debit_cents", sa.BigInteger(), nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), nullable=False),
        indexed=("ledger_entry_id",),
        ledger_entry_id="ledger_entry",
    )


def _make(table: str, *columns: sa.Column[object], indexed: tuple[str, ...], **refers: str) -> None:
    op.create_table(
        table,
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
        *columns,
        *(sa.ForeignKeyConstraint([column], [f"{other}.id"]) for column, other in refers.items()),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in indexed:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
