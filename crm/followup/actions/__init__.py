"""What can be asked about reminders."""

from crm.followup.actions import (
    assumptions,
    dunning,
    following,
    message_why,
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
    *message_why.ACTIONS,
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
