"""What can be asked about risk."""

from crm.risk.actions import deciding, explaining, judging, scoring, watching

ACTIONS = (*explaining.ACTIONS, *scoring.ACTIONS, *deciding.ACTIONS, *watching.ACTIONS, *judging.ACTIONS)
