"""What can be asked about reminders."""

from crm.followup.actions import assumptions, dunning, pauses, rehearsing, scenarios, why

ACTIONS = (
    *dunning.ACTIONS,
    *pauses.ACTIONS,
    *why.ACTIONS,
    *assumptions.ACTIONS,
    *scenarios.ACTIONS,
    *rehearsing.ACTIONS,
)
DATASETS = assumptions.DATASETS
