"""What can be asked about reminders."""

from crm.followup.actions import (
    assumptions,
    dunning,
    following,
    pauses,
    posting,
    rehearsing,
    scenarios,
    template_drafts,
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
    *following.ACTIONS,
    *rehearsing.ACTIONS,
    *templates.ACTIONS,
    *template_drafts.ACTIONS,
    *writing.ACTIONS,
)
DATASETS = assumptions.DATASETS
