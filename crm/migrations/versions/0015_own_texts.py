"""Texts of a company's own, version by version."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "own_text",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("tone", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("level", "channel", "language", "tone", "version"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("own_text")
