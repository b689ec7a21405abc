"""What accounting files say: years, customers' lines, auxiliary accounts, suppliers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _bookkeeping() -> tuple[sa.Column[int], ...]:
    return (
        sa.Column("id", _key(), nullable=False),
        sa.Column("entry_id", _key(), nullable=True),
        sa.Column("touched_id", _key(), nullable=True),
    )


def upgrade() -> None:
    """Make them, and let a document be none of our sales."""
    op.create_table(
        "accounting_year",
        *_bookkeeping(),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("last_entry", sa.Date(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("siren", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("receivable_cents", sa.BigInteger(), nullable=False),
        sa.Column("advance_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("starts"),
    )
    op.create_table(
        "auxiliary_account",
        *_bookkeeping(),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("customer_id", _key(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index(op.f("ix_auxiliary_account_customer_id"), "auxiliary_account", ["customer_id"], unique=False)
    op.create_table(
        "accounting_item",
        *_bookkeeping(),
        sa.Column("year_id", _key(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("auxiliary", sa.String(), nullable=False),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("entry_number", sa.String(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("issued", sa.Date(), nullable=False),
        sa.Column("piece", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("customer_id", _key(), nullable=False),
        sa.Column("instalment_id", _key(), nullable=True),
        sa.Column("payment_id", _key(), nullable=True),
        sa.Column("linked", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("outside", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("cleared", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["instalment_id"], ["instalment.id"]),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"]),
        sa.ForeignKeyConstraint(["year_id"], ["accounting_year.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("customer_id", "instalment_id", "payment_id", "year_id"):
        op.create_index(op.f(f"ix_accounting_item_{column}"), "accounting_item", [column], unique=False)
    op.create_table(
        "supplier_item",
        *_bookkeeping(),
        sa.Column("year_id", _key(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.Column("open_cents", sa.BigInteger(), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("unbalanced", sa.String(), nullable=False),
        sa.Column("oldest", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["year_id"], ["accounting_year.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_supplier_item_name_key"), "supplier_item", ["name_key"], unique=False)
    op.create_index(op.f("ix_supplier_item_year_id"), "supplier_item", ["year_id"], unique=False)
    op.add_column("invoice", sa.Column("sale", sa.Boolean(), nullable=False, server_default=sa.true()))
