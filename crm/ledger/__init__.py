"""The ledger: entries for what the receivables leave behind, and debts that may never be paid."""
