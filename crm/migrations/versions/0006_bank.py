"""Statements of our bank accounts, what is learnt from them, and what a match leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them; payments and allocations say where they come from."""
    _statements()
    _learnt()
    _refer("payment", "bank_line_id", "bank_line")
    _refer("payment", "reverses_id", "payment")
    op.create_index(op.f("ix_payment_bank_line_id"), "payment", ["bank_line_id"], unique=False)
    op.create_index(op.f("ix_payment_reverses_id"), "payment", ["reverses_id"], unique=False)
    _residuals()
    _refer("allocation", "residual_id", "residual")
    for name in ("residual", "reverses"):
        told = sa.text(f"{name}_id IS NOT NULL")
        op.create_index(f"allocation_{name}", "allocation", [f"{name}_id"], sqlite_where=told, postgresql_where=told)


def _refer(table: str, column: str, target: str) -> None:
    # Alembic cannot add a column that refers to another table on SQLite; the database itself can.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(sa.text(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind} REFERENCES "{target}" (id)'))


def _rows(*columns: sa.Column[object]) -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("touched_id", _KEY, nullable=True),
        *columns,
    )


def _statements() -> None:
    op.create_table(
        "bank_statement",
        *_rows(
            sa.Column("account", sa.String(), nullable=False),
            sa.Column("currency", sa.String(), nullable=False),
            sa.Column("kind", sa.String(), nullable=False),
            sa.Column("number", sa.String(), nullable=False),
            sa.Column("first_day", sa.Date(), nullable=True),
            sa.Column("last_day", sa.Date(), nullable=True),
            sa.Column("opening_day", sa.Date(), nullable=True),
            sa.Column("opening_cents", sa.BigInteger(), nullable=True),
            sa.Column("closing_day", sa.Date(), nullable=True),
            sa.Column("closing_cents", sa.BigInteger(), nullable=True),
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("bank_statement_of_account", "bank_statement", ["account", "currency", "last_day"], unique=False)
    op.create_table(
        "bank_line",
        *_rows(
            sa.Column("statement_id", _KEY, nullable=False),
            sa.Column("account", sa.String(), nullable=False),
            sa.Column("currency", sa.String(), nullable=False),
            sa.Column("booked", sa.Date(), nullable=False),
            sa.Column("value_date", sa.Date(), nullable=True),
            sa.Column("cents", sa.BigInteger(), nullable=False),
            sa.Column("label", sa.Text(), nullable=False),
            sa.Column("raw", sa.Text(), nullable=False),
            sa.Column("fingerprint", sa.String(), nullable=False),
            sa.Column("counterparty_name", sa.String(), nullable=False),
            sa.Column("counterparty_iban", sa.String(), nullable=False),
            sa.Column("end_to_end_id", sa.String(), nullable=False),
            sa.Column("remittance", sa.Text(), nullable=False),
            sa.Column("bank_reference", sa.String(), nullable=False),
            sa.Column("number", sa.String(), nullable=False),
            sa.Column("operation_code", sa.String(), nullable=False),
            sa.Column("return_reason", sa.String(), nullable=False),
            sa.Column("takes_back", sa.Boolean(), nullable=False),
            sa.Column("batch_id", sa.String(), nullable=False),
            sa.Column("aside", sa.String(), nullable=False),
        ),
        sa.ForeignKeyConstraint(["statement_id"], ["bank_statement.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("bank_line_of_account", "bank_line", ["account", "currency", "booked"], unique=False)
    for column in ("statement_id", "fingerprint", "aside"):
        op.create_index(op.f(f"ix_bank_line_{column}"), "bank_line", [column], unique=False)


def _learnt() -> None:
    op.create_table(
        "bank_mapping",
        *_rows(
            sa.Column("headings", sa.Text(), nullable=False),
            sa.Column("fields", sa.Text(), nullable=False),
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "learned_fact",
        *_rows(
            sa.Column("kind", sa.String(), nullable=False),
            sa.Column("pattern", sa.String(), nullable=False),
            sa.Column("customer_id", _KEY, nullable=True),
            sa.Column("learned", sa.Date(), nullable=False),
            sa.Column("bank_line_id", _KEY, nullable=True),
            sa.Column("forgotten", sa.Date(), nullable=True),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["bank_line_id"], ["bank_line.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_learned_fact_customer_id"), "learned_fact", ["customer_id"], unique=False)


def _residuals() -> None:
    op.create_table(
        "residual",
        *_rows(
            sa.Column("payment_id", _KEY, nullable=False),
            sa.Column("instalment_id", _KEY, nullable=True),
            sa.Column("currency", sa.String(), nullable=False),
            sa.Column("cents", sa.BigInteger(), nullable=False),
            sa.Column("reason", sa.String(), nullable=False),
            sa.Column("decision", sa.String(), nullable=False),
            sa.Column("entry", sa.String(), nullable=False),
            sa.Column("decided", sa.Date(), nullable=False),
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"]),
        sa.ForeignKeyConstraint(["instalment_id"], ["instalment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("payment_id", "instalment_id"):
        op.create_index(op.f(f"ix_residual_{column}"), "residual", [column], unique=False)
    op.create_table(
        "match_candidate",
        *_rows(
            sa.Column("proposal_id", _KEY, nullable=False),
            sa.Column("rank", sa.Integer(), nullable=False),
            sa.Column("customer_id", _KEY, nullable=True),
            sa.Column("certainty", sa.Float(), nullable=False),
            sa.Column("rule", sa.String(), nullable=False),
            sa.Column("why", sa.Text(), nullable=False),
            sa.Column("residual_cents", sa.BigInteger(), nullable=False),
            sa.Column("residual_reason", sa.String(), nullable=False),
            sa.Column("full", sa.Boolean(), nullable=False),
            sa.Column("uses", sa.Text(), nullable=False),
            sa.Column("reverses_id", _KEY, nullable=True),
        ),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["reverses_id"], ["payment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("proposal_id", "customer_id"):
        op.create_index(op.f(f"ix_match_candidate_{column}"), "match_candidate", [column], unique=False)
