"""Opportunities, quotes and orders; what was written about a quote."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the four tables."""
    _make(
        "opportunity",
        sa.Column("customer_id", _KEY, nullable=False),
        _text("subject"),
        _text("stage"),
        _text("currency"),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        _day("expected"),
        _text("next_step"),
        _text("owner"),
        sa.Column("opened", sa.Date(), nullable=False),
        _day("closed"),
        sa.Column("won", sa.Boolean(), nullable=False),
        _text("reason"),
        _text("note"),
        customer_id="customer",
    )
    _make(
        "quote",
        _text("number"),
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("opportunity_id", _KEY, nullable=True),
        _text("subject"),
        _text("currency"),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=True),
        sa.Column("sent", sa.Date(), nullable=False),
        _day("valid_until"),
        _text("email"),
        _text("owner"),
        _day("replied"),
        _day("answered"),
        _text("answer"),
        _text("reason"),
        _text("note"),
        sa.UniqueConstraint("number"),
        customer_id="customer",
        opportunity_id="opportunity",
    )
    _make(
        "sales_order",
        _text("number"),
        sa.Column("customer_id", _KEY, nullable=False),
        sa.Column("quote_id", _KEY, nullable=True),
        _text("reference"),
        sa.Column("ordered", sa.Date(), nullable=False),
        _day("promised"),
        _text("currency"),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=True),
        _day("ended"),
        _text("ended_as"),
        sa.UniqueConstraint("number"),
        customer_id="customer",
        quote_id="quote",
    )
    _make(
        "quote_reminder",
        sa.Column("quote_id", _KEY, nullable=False),
        sa.Column("message_id", _KEY, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        quote_id="quote",
        message_id="outgoing_message",
    )
    op.create_index("sales_order_of_customer", "sales_order", ["customer_id", "ordered"], unique=False)
    for table, column in _INDEXED:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    """Take them away."""
    for table in ("quote_reminder", "sales_order", "quote", "opportunity"):
        op.drop_table(table)


_INDEXED = (
    ("opportunity", "customer_id"),
    ("quote", "customer_id"),
    ("quote", "opportunity_id"),
    ("sales_order", "quote_id"),
    ("sales_order", "reference"),
    ("quote_reminder", "quote_id"),
    ("quote_reminder", "message_id"),
)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=False)


def _day(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=True)


def _make(table: str, *columns: sa.schema.SchemaItem, **refers: str) -> None:
    op.create_table(
        table,
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
        *columns,
        *(sa.ForeignKeyConstraint([column], [f"{other}.id"]) for column, other in refers.items()),
        sa.PrimaryKeyConstraint("id"),
    )
