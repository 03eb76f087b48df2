# The two commands of the README, and the parts they are made of. Every target sets up its own environment.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
HOME_DIR ?= leadline-home
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
WORKERS ?= 2

.PHONY: help setup demo test check lint sql types imports unit all-tests format house agreement bench lock clean

help:  ## say what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready  ## make the environment from the pinned lock

$(VENV)/.ready: requirements.lock pyproject.toml hatch_build.py
	@test -n "$(PYTHON)" || { echo "Leadline needs Python 3.11 or newer; none was found. Install one, or run: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 4; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "This Python has no venv module. On Debian: apt-get install python3-venv"; exit 4; }
	@echo "Setting up $(VENV) (once, about half a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## simulate a firm, build its warehouse, train, score, and fill the exception queue
	$(BIN)/leadline demo --home $(HOME_DIR)

test: setup  ## everything: lint, SQL style, types, and all tests
	@mkdir -p .timings; date +%s > .timings/test.start
	@$(MAKE) --no-print-directory -j 3 lint sql types
	@$(MAKE) --no-print-directory all-tests
	@echo $$(( $$(date +%s) - $$(cat .timings/test.start) )) > .timings/test

# The tests leave gaps on two cores, at their beginning and end: lint, types and imports fill them.
check: setup  ## the quick round before each commit
	@mkdir -p .timings; date +%s > .timings/check.start
	@$(MAKE) --no-print-directory -j 4 unit types lint imports
	@echo $$(( $$(date +%s) - $$(cat .timings/check.start) )) > .timings/check

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tests.architecture.check_words

sql: setup  ## lint the SQL written by hand (.sqlfluff); too slow for check
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

# By file, the longest first, so that what a file makes once is made by one worker.
unit: setup
	$(BIN)/python -m pytest -n $(WORKERS) -q --dist loadfile tests/unit tests/spec

# In the order of the folders: the files of many quick tests come last and fill the gaps of the slow ones.
all-tests: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

format: setup  ## put the code in the agreed form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

house: setup  ## how the code is built, and how long check and test took, beside the goals
	@$(BIN)/python -m benchmarks.house

agreement: setup  ## compare the answers that rule, mart, page, score and queue of the demo give
	@$(BIN)/python -m benchmarks.agreement $(HOME_DIR)

bench: setup  ## measure speed and size (benchmarks/README.md)
	$(BIN)/python -m benchmarks.pipeline

lock:  ## renew the hash-pinned lock (needs uv on the path)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras \
		--all-extras pyproject.toml -o requirements.lock

clean:  ## remove the environment and what tools left behind
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist build
