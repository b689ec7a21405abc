"""Complaints, and who wants the morning digest."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "grievance",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("settled", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_grievance_customer_id"), "grievance", ["customer_id"])
    op.add_column("app_user", sa.Column("digest", sa.String(), nullable=False, server_default="never"))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("app_user", "digest")
    op.drop_index(op.f("ix_grievance_customer_id"), table_name="grievance")
    op.drop_table("grievance")
