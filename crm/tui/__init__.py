"""The terminal: screens that show what the actions answer, and ask before they commit."""
