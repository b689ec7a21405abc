"""What can be asked about reminders."""

from crm.followup.actions import assumptions, dunning, pauses, templates, why, writing

ACTIONS = (*dunning.ACTIONS, *pauses.ACTIONS, *why.ACTIONS, *assumptions.ACTIONS, *templates.ACTIONS, *writing.ACTIONS)
DATASETS = assumptions.DATASETS
