"""Bank statements as files: one module per format, all giving the same lines. Pure: no database."""
