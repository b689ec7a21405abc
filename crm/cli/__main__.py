"""`python -m crm.cli`."""

from crm.cli.app import main

main()
