"""What can be asked about reminders."""

from crm.followup.actions import (
    assumptions,
    dunning,
    following,
    pauses,
    posting,
    quotes,
    rehearsing,
    scenarios,
    template_drafts,
    templates,
    thanks,
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
    *quotes.ACTIONS,
    *thanks.ACTIONS,
)
DATASETS = assumptions.DATASETS
