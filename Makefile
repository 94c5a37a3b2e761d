# Everything that a fresh machine needs is set up by the first target that wants it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CHECKS := models engine handlers server tests bench

.PHONY: help demo serve test lint bench tools clean

help:  ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

demo: $(VENV)/ready tools  ## Set up, run the main job once on a real project, and show where to look
	@$(BIN)/roocode demo

serve: $(VENV)/ready tools  ## Set up and run the server on http://127.0.0.1:3000
	@$(BIN)/roocode serve

test: $(VENV)/ready tools lint  ## Set up, check the code and run every test
	$(BIN)/pytest -n auto

lint: $(VENV)/ready  ## Style, types and the arrows between the packages
	$(BIN)/ruff check $(CHECKS)
	$(BIN)/ruff format --check $(CHECKS)
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/ready tools  ## Ratios against peers in the same run
	$(BIN)/python -m bench

tools:  ## The sandbox and the search program, from the system's packages
	@scripts/system-tools

$(VENV)/ready: requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:  ## Remove what set-up and tests left behind
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
