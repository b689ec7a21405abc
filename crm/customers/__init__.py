"""Who we are, and whom we deal with."""
