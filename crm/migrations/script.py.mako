"""${message}"""

import sqlalchemy as sa
from alembic import op

import crm.core.db

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Bring the database forward."""
    ${upgrades if upgrades else "pass"}
