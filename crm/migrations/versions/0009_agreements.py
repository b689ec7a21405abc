"""Promises put off, disputes with deadline and outcome, reasons of one's own, payment plans."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0009"
down_revision = "0007"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add them; promises and disputes that are there stand as they did."""
    _refer("promise", "replaces_id", "promise")
    op.create_index(op.f("ix_promise_replaces_id"), "promise", ["replaces_id"])
    op.add_column("dispute", sa.Column("deadline", sa.Date(), nullable=True))
    op.add_column("dispute", sa.Column("credit_cents", sa.BigInteger(), nullable=True))
    op.add_column("dispute", sa.Column("credit_number", sa.String(), nullable=False, server_default=""))
    op.add_column("dispute", sa.Column("accepted_cents", sa.BigInteger(), nullable=True))
    _make(
        "own_reason",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("retired", sa.Date(), nullable=True),
        sa.UniqueConstraint("code"),
        indexed=(),
    )
    _make(
        "payment_plan",
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("made", sa.Date(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("signed", sa.Date(), nullable=True),
        sa.Column("signed_file", sa.String(), nullable=False),
        sa.Column("ended", sa.Date(), nullable=True),
        sa.Column("ended_reason", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        indexed=("customer_id",),
        customer_id="customer",
    )
    _make(
        "plan_instalment",
        sa.Column("plan_id", _KEY, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        indexed=("plan_id",),
        plan_id="payment_plan",
    )
    _make(
        "plan_cover",
        sa.Column("plan_id", _KEY, nullable=False),
        sa.Column("instalment_id", _KEY, nullable=False),
        sa.Column("open_cents", sa.BigInteger(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        indexed=("plan_id", "instalment_id"),
        plan_id="payment_plan",
        instalment_id="instalment",
    )
    _refer("reminder", "plan_instalment_id", "plan_instalment")


def _refer(table: str, column: str, to: str) -> None:
    """Add a column that refers to another table: Alembic cannot on SQLite, the database itself can."""
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(sa.text(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind} REFERENCES "{to}" (id)'))


def _make(table: str, *columns: SchemaItem, indexed: tuple[str, ...], **refers: str) -> None:
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
