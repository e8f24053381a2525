# What it takes: Python 3.11 or newer, make, and a package index. Everything else comes into .venv.

.DEFAULT_GOAL := help

PYTHON ?= python3
ARGS ?=

# The tests ran on this torch, and torch decides the bits of a loss. On Linux an index usually holds
# it with CUDA, which is several GB; where there is no GPU, take a CPU build instead:
#   make run TORCH="--index-url <an index of CPU wheels> torch==2.13.0"
# What was chosen stays, for `make test` too, until another TORCH is given or `make clean` is called.
ifndef TORCH
TORCH := $(shell cat .venv/torch 2>/dev/null || echo torch==2.13.0)
endif

# Pure JavaScript; later majors bring a binary for each platform.
TYPESCRIPT := 6.0.3
# What an AsyncAPI document must be, as JSON Schemas.
ASYNCAPI := 6.11.1

# Tests of one file share servers, so a file is the least that goes to another process, in the order of
# tests/conftest.py. Three keep two cores busy while one of them waits.
AT_ONCE := --numprocesses 3 --dist loadfile --no-loadscope-reorder

# Everything but torch, to the version.
PINS := .ci/constraints.txt

BIN := .venv/bin
TSC := .venv/typescript/node_modules/typescript/bin/tsc
quoted = $(foreach word,$(1),'$(word)')

.PHONY: help run test check test-js fix bench bench-peers audit constraints clean FORCE

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s  %s\n", $$1, $$2 }' Makefile

run: .venv/installed  ## serve the page; options as in make run ARGS="--port 9000"
	$(BIN)/reluscope $(ARGS)

test: .venv/installed-dev  ## everything: checks, unit, server and browser tests
	$(BIN)/python -m tests.page.chromium
	$(BIN)/python -m tests.postgres.programs
	$(BIN)/python -m tests.proxies.programs
	$(MAKE) --no-print-directory check test-js
	$(BIN)/python -m pytest $(AT_ONCE) $(ARGS)

check: .venv/installed-dev $(TSC)  ## lint, format, types, import contract, dependencies, compose file
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python -m pip check
	$(BIN)/deptry backend
	$(BIN)/deptry tests --ignore DEP002,DEP004
	$(BIN)/node $(TSC) -p frontend/jsconfig.json
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

test-js: .venv/installed-dev  ## the page's pure modules, in node
	$(BIN)/node --disable-warning=MODULE_TYPELESS_PACKAGE_JSON --test 'tests/frontend/*.test.js'

fix: .venv/installed-dev  ## let ruff format, and mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/installed-dev  ## about twenty-five minutes of measuring; ARGS="--only page sizes", "--json FILE"
	$(BIN)/python -m tests.page.chromium
	$(BIN)/python -m tests.bench $(ARGS)

bench-peers: .venv/installed-dev  ## the tutorial's loop as others log it, and as we do; about ten minutes
	$(BIN)/python -m tests.bench --only peers $(ARGS)

audit: .venv/installed-dev  ## is anything known against what is pinned, and what is installed here?
	$(BIN)/pip-audit --requirement $(PINS) --no-deps --disable-pip $(ARGS)
	$(BIN)/pip-audit --local --skip-editable $(ARGS)

constraints: .venv/torch  ## bring the newest of everything into .venv, and pin it; `make clean` first
	$(BIN)/python -m tests.house.constraints $(call quoted,$(TORCH))

clean:  ## remove .venv and all caches
	rm -rf .venv .*_cache .hypothesis dist build
	find backend tests -name __pycache__ -prune -exec rm -rf {} +

# An empty environment that knows which torch it is to hold; made anew when that changes.
.venv/torch: FORCE
	@if [ "$$(cat $@ 2>/dev/null)" != "$$(echo $(call quoted,$(TORCH)))" ]; then \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { echo "reluscope needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }; \
	  rm -rf .venv && $(PYTHON) -m venv .venv && echo $(call quoted,$(TORCH)) > $@; \
	fi

.venv/installed: .venv/torch pyproject.toml $(PINS)
	$(BIN)/python -m pip install $(call quoted,$(TORCH))
	$(BIN)/python -m pip install --constraint $(PINS) --editable .
	@touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --constraint $(PINS) --editable '.[dev]'
	@touch $@

$(TSC): .venv/installed-dev Makefile
	$(BIN)/npm install --loglevel=error --no-save --prefix .venv/typescript \
	  typescript@$(TYPESCRIPT) @asyncapi/specs@$(ASYNCAPI)
	@touch $@

FORCE:
