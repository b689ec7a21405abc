"""The whole suite on both kinds of server: said once where one of them is missing, failed where it must not be."""

import pytest
from servers import CI, NO_SERVER, POSTGRES


def test_the_suite_runs_on_postgresql_too():
    if POSTGRES:
        assert POSTGRES.startswith("postgresql://")
    elif CI:
        pytest.fail(NO_SERVER)
    else:
        pytest.skip(f"{NO_SERVER}: every test of records ran on SQLite alone (tests/README.md)")
