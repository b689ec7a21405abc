"""What can be asked about the ledger."""

from crm.ledger.actions import differences, doubtful, entries, losses

ACTIONS = (*differences.ACTIONS, *doubtful.ACTIONS, *losses.ACTIONS, *entries.ACTIONS)
DATASETS = entries.DATASETS
