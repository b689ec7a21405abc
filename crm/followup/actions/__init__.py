"""What can be asked about reminders."""

from crm.followup.actions import assumptions, dunning, pauses, posting, rehearsing, scenarios, why

ACTIONS = (
    *dunning.ACTIONS,
    *posting.ACTIONS,
    *pauses.ACTIONS,
    *why.ACTIONS,
    *assumptions.ACTIONS,
    *scenarios.ACTIONS,
    *rehearsing.ACTIONS,
)
DATASETS = assumptions.DATASETS
