"""What can be asked about loyalty."""

from crm.loyalty.actions import evaluation, segments

ACTIONS = (*segments.ACTIONS, *evaluation.ACTIONS)
