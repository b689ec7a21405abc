"""Complaints, who wants the morning digest, and the nights that ran."""

import sqlalchemy as sa
from alembic import op

import crm.core.db

revision = "0017"
down_revision = "0016"

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
    op.create_table(
        "night",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", crm.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_night_day"), "night", ["day"])
    op.add_column("app_user", sa.Column("digest", sa.String(), nullable=False, server_default="never"))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("app_user", "digest")
    op.drop_index(op.f("ix_night_day"), table_name="night")
    op.drop_table("night")
    op.drop_index(op.f("ix_grievance_customer_id"), table_name="grievance")
    op.drop_table("grievance")
