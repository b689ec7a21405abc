"""What can be asked about the ledger."""

from crm.ledger.actions import differences, doubtful, drafts, entries, losses

ACTIONS = (*differences.ACTIONS, *doubtful.ACTIONS, *losses.ACTIONS, *entries.ACTIONS, *drafts.ACTIONS)
DATASETS = entries.DATASETS
