"""What can be asked about reminders."""

from crm.followup.actions import dunning, pauses, why

ACTIONS = (*dunning.ACTIONS, *pauses.ACTIONS, *why.ACTIONS)
