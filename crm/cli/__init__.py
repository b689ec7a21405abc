"""The command line: one command an action, made from its fields."""
