"""What can be asked about loyalty."""

from crm.loyalty.actions import evaluation

ACTIONS = (*evaluation.ACTIONS,)
