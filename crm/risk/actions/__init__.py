"""What can be asked about risk."""

from crm.risk.actions import judging

ACTIONS = (*judging.ACTIONS,)
