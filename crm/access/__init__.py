"""Who may: the people who work with the product, and their roles."""
