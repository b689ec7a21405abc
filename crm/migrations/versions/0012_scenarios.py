"""Scenarios of one's own, who follows which, and which version a reminder followed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them; reminders that left before followed the shipped scenario."""
    op.create_table(
        "scenario_version",
        *_rows(
            sa.Column("name", sa.String(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("text", sa.Text(), nullable=False),
            sa.Column("since", sa.Date(), nullable=False),
            sa.Column("retired", sa.Date(), nullable=True),
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "version"),
    )
    op.create_table(
        "scenario_choice",
        *_rows(
            sa.Column("customer_id", _KEY, nullable=True),
            sa.Column("invoice_id", _KEY, nullable=True),
            sa.Column("segment", sa.String(), nullable=False),
            sa.Column("scenario", sa.String(), nullable=False),
            sa.Column("later_days", sa.Integer(), nullable=False),
            sa.Column("since", sa.Date(), nullable=False),
            sa.Column("ended", sa.Date(), nullable=True),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("customer_id", "invoice_id"):
        op.create_index(op.f(f"ix_scenario_choice_{column}"), "scenario_choice", [column], unique=False)
    # Alembic cannot add a column that refers to another table on SQLite; the database itself can.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(sa.text(f'ALTER TABLE "reminder" ADD COLUMN "scenario_id" {kind} REFERENCES "scenario_version" (id)'))


def _rows(*columns: sa.Column[object]) -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
        *columns,
    )
