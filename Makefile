# Two commands do everything on a fresh machine with only Python: make demo, make test.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench format docs pictures catalogs lock clean

demo: $(VENV)/.ready  ## Load the example company and open the terminal
	$(BIN)/crm demo

test: $(VENV)/.ready-dev catalogs  ## Run every test; on PostgreSQL too where a server is offered (tests/README.md)
	$(BIN)/python -m pytest -n 2 $(PYTEST)

check: $(VENV)/.ready-dev catalogs  ## Format, lint, types, import rules, then the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

bench: $(VENV)/.ready-dev  ## Measure the stated speeds, as ratios in one run
	$(BIN)/python -m benchmarks

format: $(VENV)/.ready-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.ready-dev  ## Write docs/actions.md and the list of crm --help anew from the registry
	$(BIN)/python -m crm.bootstrap > docs/actions.md
	$(BIN)/python -m crm.cli.contents

pictures: $(VENV)/.ready catalogs  ## Take the pictures of README and guide anew, from the example company
	$(BIN)/python docs/take_pictures.py

catalogs: $(VENV)/.ready-dev  ## Compile the translations
	$(BIN)/python -c "import hatch_build, pathlib; hatch_build.compile_catalogs(pathlib.Path())"

$(VENV)/.ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.ready-dev: requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.ready

lock: ## Pin every dependency again, with hashes and without any address (needs uv)
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.txt
	uv pip compile pyproject.toml --group build --group dev --extra postgres --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements-dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
