# Each target first sets up what it needs, also on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CHECKS := models engine handlers server src/roocode_server/__init__.py sdk scripts/clients tests bench examples docs/site
LINTERS := types style arrows pages
OURS := pyproject.toml sdk/python/pyproject.toml
EXTRAS := anthropic openai gemini browser semantic tracing
# Tests wait for servers, browsers and sandboxes: twice as many workers as there are processors keep them busy.
WORKERS ?= $(shell expr $$(nproc) \* 2)
CASES ?= 5000
CLIENTS ?= 16
SECONDS ?= 20
SEED ?= 0

# Bytecode is cached: otherwise every process compiles all its imports, which takes longer than its start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo serve extras $(EXTRAS) test nightly fuzz lint types style arrows pages collected bench load site lock sandbox container-engine clients python clean

help:  ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

demo: $(VENV)/ready-core sandbox  ## Set up, let an agent fix a bug in a small project, and show where to look next
	@$(BIN)/roocode-server demo

serve: $(VENV)/ready-core sandbox  ## Set up and run the server on http://127.0.0.1:3000
	@$(BIN)/roocode-server serve

extras: $(EXTRAS)  ## Install all optional dependencies: anthropic, openai, gemini, browser, semantic, tracing (also separate targets)

$(EXTRAS): %: $(VENV)/ready-%

# On a terminal, one after the other: each has a line of progress, and sudo may ask for a password.
TOGETHER := $(if $(MAKE_TERMOUT)$(MAKE_TERMERR),,--jobs)

# Worksteal keeps a module's tests with one worker, which creates their shared fixtures only once.
test:  ## Set up, check the code and run every test
	+@$(MAKE) --no-print-directory $(TOGETHER) $(VENV)/ready-dev sandbox container-engine clients
	+@$(MAKE) --no-print-directory --jobs --output-sync $(LINTERS) collected
	scripts/in-memory $(BIN)/pytest -n $(WORKERS) --dist worksteal || \
		{ [ $$? -eq 1 ] && scripts/in-memory $(BIN)/python scripts/again; }

nightly: export NIGHTLY := 1
# Ten times what a test is given by day, for ten times the repetitions.
nightly: export PYTEST_TIMEOUT := 1800
nightly: test fuzz  ## Every test, with as many repetitions as are promised, and the fuzzers

fuzz: $(VENV)/ready-dev sandbox  ## Generated requests and packets, thousands of each (CASES=5000 SEED=0)
	$(BIN)/python -m tests.fuzz requests $(CASES) --seed $(SEED)
	$(BIN)/python -m tests.fuzz packets $(CASES) --seed $(SEED)

lint: $(VENV)/ready-dev node_modules/ready  ## Style, types and the arrows between the packages
	+@$(MAKE) --no-print-directory --jobs --output-sync $(LINTERS)

types:
	$(BIN)/mypy

# So that the tests' workers find the bytecode of all modules, instead of each compiling them by itself.
collected:
	$(BIN)/pytest --collect-only -qq -n 0 > $(VENV)/collected || { cat $(VENV)/collected; exit 1; }

style:
	$(BIN)/ruff check $(CHECKS)
	$(BIN)/ruff format --check $(CHECKS)

arrows:
	$(BIN)/lint-imports
	$(BIN)/lint-imports --config sdk/python/pyproject.toml

pages:
	node_modules/.bin/biome check --error-on-warnings
	node_modules/typescript/bin/tsc --project sdk/js/tsconfig.json

bench: $(VENV)/ready-dev sandbox container-engine clients  ## Compare the performance with that of minimal peers
	$(BIN)/python -m bench

load: $(VENV)/ready-dev sandbox  ## Sessions, tasks and events of many clients for some seconds (CLIENTS=16 SECONDS=20)
	@$(BIN)/python -m bench load --clients $(CLIENTS) --seconds $(SECONDS)

site: $(VENV)/ready-dev  ## Build the documentation as a site in build/site
	$(BIN)/python docs/site/build.py build/site

lock: $(VENV)/lock/ready  ## Pin the dependencies of pyproject.toml (UPGRADE=--upgrade: the newest of everything)
	scripts/lock $(UPGRADE)

sandbox:  # the jail, the search program, and what keeps checkpoints
	@scripts/system-tools bwrap=bubblewrap rg=ripgrep prlimit=util-linux git=git slirp4netns=slirp4netns ip=iproute2

container-engine:  # with which the tests start a container engine of their own
	@scripts/system-tools dockerd=docker.io containerd=containerd runc=runc iptables=iptables busybox=busybox-static

clients: node_modules/ready $(VENV)/model/ready  # what the tests use: the JavaScript client, curl, a browser and a small model

node_modules/ready: package-lock.json
	@scripts/system-tools node=nodejs npm=npm curl=curl chromium-headless-shell=chromium-headless-shell nginx=nginx-light
	npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is %d.%d; name another: make PYTHON=python3.12" % sys.version_info[:2])'

$(VENV)/ready-%: requirements/%.txt requirements/core.txt requirements/set-up.txt $(OURS) | python
	@$(PYTHON) scripts/set-up core $*

$(VENV)/ready-dev: $(wildcard requirements/*.txt) $(OURS) | python
	@$(PYTHON) scripts/set-up core $(EXTRAS) dev

# Not after `ready-core`: it cannot be made while pyproject.toml asks for what `make lock` is about to pin.
$(VENV)/%/ready: requirements/%.txt | python
	@$(PYTHON) scripts/set-up --apart $*

$(VENV)/model/ready: | $(VENV)/ready-dev

clean:  ## Remove what set-up and tests left behind
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
