"""What a fresh interpreter loads: help is there at once, and a command loads no library it does not need."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = (
    "textual", "sklearn", "scipy", "numpy", "twilio", "aiosmtplib", "jinja2", "openpyxl", "lxml", "typst", "holidays",
    "babel", "alembic", "starlette", "mcp",
)  # fmt: skip  # read as a table: columns side by side
ROOMS = ("sqlmodel", "sqlalchemy", "pydantic", "crm.bootstrap", "crm.receivables")
RUN = "from crm.cli.app import main\ntry: main({arguments})\nexcept SystemExit as left: assert left.code == 0"


def loaded(work: str) -> set[str]:
    """The modules that are there after some work, in an interpreter of its own."""
    code = f"import json, sys\n{work}\nsys.stderr.write(json.dumps(sorted(sys.modules)))"
    # A trace of imports would stand in the same stream.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPROFILEIMPORTTIME"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return set(json.loads(done.stderr))


def test_help_loads_no_room_and_no_heavy_library():
    there = loaded(RUN.format(arguments=["--help"]))
    assert not there & {*HEAVY, *ROOMS}


@pytest.mark.parametrize(
    "arguments", [["aged-balance", "--help"], ["list-legal-values", "--json"]], ids=lambda given: given[0]
)
def test_a_command_loads_no_library_of_another(arguments, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_FOLDER", str(tmp_path))
    there = loaded(RUN.format(arguments=arguments))
    assert not there & (set(HEAVY) - {"alembic"})


def test_the_rooms_load_no_heavy_library():
    there = loaded("import crm.bootstrap; crm.bootstrap.registry()")
    assert not there & set(HEAVY)


def test_the_list_of_help_is_current():
    """`make docs` writes it anew."""
    from crm.cli.contents import contents

    code = "import json; from crm.cli.contents import gathered; print(json.dumps(gathered()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == contents()
