"""What was decided about late-payment penalties, the entry that a claim makes, and holds on new orders."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; an entry may come from a claim."""
    op.create_table(
        "penalty_decision",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
        sa.Column("invoice_id", _KEY, nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("interest_cents", sa.BigInteger(), nullable=False),
        sa.Column("indemnity_cents", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("invoice_id", "reference"):
        op.create_index(op.f(f"ix_penalty_decision_{column}"), "penalty_decision", [column], unique=False)
    op.create_table(
        "order_hold",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("lifted", sa.Date(), nullable=True),
        sa.Column("lifted_because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_order_hold_customer_id"), "order_hold", ["customer_id"], unique=False)
    # Alembic cannot add a column that refers to another table on SQLite; the database itself can.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    told = 'ALTER TABLE "ledger_entry" ADD COLUMN "penalty_id" {kind} REFERENCES "penalty_decision" (id)'
    op.execute(sa.text(told.format(kind=kind)))
    op.create_index(op.f("ix_ledger_entry_penalty_id"), "ledger_entry", ["penalty_id"], unique=False)
