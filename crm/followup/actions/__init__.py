"""What can be asked about reminders."""

from crm.followup.actions import (
    assumptions,
    dunning,
    pauses,
    posting,
    quotes,
    rehearsing,
    scenarios,
    templates,
    why,
    writing,
)

ACTIONS = (
    *dunning.ACTIONS,
    *posting.ACTIONS,
    *pauses.ACTIONS,
    *why.ACTIONS,
    *assumptions.ACTIONS,
    *scenarios.ACTIONS,
    *rehearsing.ACTIONS,
    *templates.ACTIONS,
    *writing.ACTIONS,
    *quotes.ACTIONS,
)
DATASETS = assumptions.DATASETS
