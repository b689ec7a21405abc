"""What providers tell of messages, what comes in by SMS, letters on their way, and who has said yes or no to what."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _row() -> list[sa.Column[int]]:
    return [
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
    ]


def upgrade() -> None:
    """Make them."""
    op.add_column("delivery", sa.Column("provider_id", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_delivery_provider_id", "delivery", ["provider_id"])
    op.create_table(
        "inbound_message",
        *_row(),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("customer_id", _KEY, nullable=True),
        sa.Column("answers_id", _KEY, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["answers_id"], ["outgoing_message.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "provider_id"),
    )
    op.create_index("ix_inbound_message_customer_id", "inbound_message", ["customer_id"])
    op.create_table(
        "posting",
        *_row(),
        sa.Column("message_id", _KEY, nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["outgoing_message.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_table(
        "consent",
        *_row(),
        sa.Column("customer_id", _KEY, nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("consent_of_address", "consent", ["channel", "address"])
    op.create_index("ix_consent_customer_id", "consent", ["customer_id"])
