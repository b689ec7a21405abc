"""What can be asked about reminders."""

from crm.followup.actions import assumptions, dunning, pauses, posting, why

ACTIONS = (*dunning.ACTIONS, *posting.ACTIONS, *pauses.ACTIONS, *why.ACTIONS, *assumptions.ACTIONS)
DATASETS = assumptions.DATASETS
