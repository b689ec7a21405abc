"""When the tax of an invoice falls due, as it was said when its difference was decided about."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column: until now it was taken to be due with the invoice."""
    op.add_column("residual_decision", sa.Column("vat", sa.String(), nullable=False, server_default="on_invoice"))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("residual_decision", "vat")
