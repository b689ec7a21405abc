"""What can be asked about reminders."""

from crm.followup.actions import assumptions, dunning, pauses, why

ACTIONS = (*dunning.ACTIONS, *pauses.ACTIONS, *why.ACTIONS, *assumptions.ACTIONS)
DATASETS = assumptions.DATASETS
