"""Risk models, their scores, and people's words instead."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the three tables."""
    _make(
        "risk_model",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("adopted", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
    )
    _make(
        "risk_score",
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("instalment_id", _KEY, nullable=True),
        sa.Column("model_id", _KEY, nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("late", sa.Float(), nullable=False),
        sa.Column("very_late", sa.Float(), nullable=False),
        sa.Column("rule", sa.Float(), nullable=False),
        sa.Column("days_late", sa.Integer(), nullable=False),
        sa.Column("history", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("exposure_cents", sa.BigInteger(), nullable=False),
        sa.Column("expected_loss_cents", sa.BigInteger(), nullable=False),
        customer_id="customer",
        instalment_id="instalment",
        model_id="risk_model",
    )
    op.create_index("risk_score_of_customer", "risk_score", ["customer_id", "instalment_id", "day"], unique=False)
    for column in ("instalment_id", "model_id"):
        op.create_index(op.f(f"ix_risk_score_{column}"), "risk_score", [column], unique=False)
    _make(
        "risk_override",
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("late", sa.Float(), nullable=False),
        sa.Column("said", sa.Float(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        customer_id="customer",
    )
    op.create_index(op.f("ix_risk_override_customer_id"), "risk_override", ["customer_id"], unique=False)


def _make(table: str, *columns: sa.Column[object], **refers: str) -> None:
    op.create_table(
        table,
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
        *columns,
        *(sa.ForeignKeyConstraint([column], [f"{other}.id"]) for column, other in refers.items()),
        sa.PrimaryKeyConstraint("id"),
    )
