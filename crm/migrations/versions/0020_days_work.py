"""Tasks that recur, what a call came to, objectives and the values noted for them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns, make the tables."""
    with op.batch_alter_table("task") as batch:
        batch.add_column(sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("recurrence", sa.String(), server_default="", nullable=False))
        batch.add_column(sa.Column("anchor", sa.Date(), nullable=True))
    with op.batch_alter_table("interaction") as batch:
        batch.add_column(sa.Column("detail", sa.String(), server_default="", nullable=False))
    op.create_table(
        "objective",
        *_row(),
        sa.Column("customer_id", _KEY, nullable=True),
        sa.Column("account_manager", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("better", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("dropped", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_objective_customer_id"), "objective", ["customer_id"], unique=False)
    op.create_table(
        "objective_value",
        *_row(),
        sa.Column("objective_id", _KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["objective_id"], ["objective.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_objective_value_objective_id"), "objective_value", ["objective_id"], unique=False)


def _row() -> tuple["sa.Column[int]", ...]:
    return (
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
    )


def downgrade() -> None:
    """Take it all away."""
    op.drop_table("objective_value")
    op.drop_table("objective")
    with op.batch_alter_table("interaction") as batch:
        batch.drop_column("detail")
    with op.batch_alter_table("task") as batch:
        batch.drop_column("anchor")
        batch.drop_column("recurrence")
        batch.drop_column("priority")
