"""Bank lines remember that what was made of them was taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """No line was, so far as is known."""
    op.add_column("bank_line", sa.Column("taken_apart", sa.Boolean(), server_default=sa.false(), nullable=False))
