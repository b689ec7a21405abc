"""Where the tests run, and on which servers."""

import os

POSTGRES = os.environ.get("CRM_TEST_POSTGRES", "")
NO_SERVER = "CRM_TEST_POSTGRES names no PostgreSQL server"
CI = os.environ.get("CI") == "true"
