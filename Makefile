# Everything is made below this folder: .venv (Python), node_modules (npm). Nothing is installed elsewhere.
# A second run makes only what has changed: .venv follows pyproject.toml and setup.py, node_modules the lock files.

VENV := .venv
BIN := $(VENV)/bin
QUIETLY := sh tools/quietly.sh

ENVIRONMENT := $(VENV)/.made
node_modules = $(patsubst %/package-lock.json,%/node_modules/.package-lock.json,$(wildcard $(addsuffix /package-lock.json,$(1))))
EXAMPLES := $(call node_modules,examples/*)
PACKAGES := $(call node_modules,tests/packages) $(EXAMPLES)
PEERS := $(call node_modules,tests/benchmarks)

.DEFAULT_GOAL := help
.PHONY: help demo test check bench docs packages clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

demo: $(ENVIRONMENT) $(PACKAGES) ## Lint a real backend, and simulate a day in the life of another
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tools/demo.sh

test: check packages ## Check, then run every test, those of the examples too
	@echo 'Running the tests'
	@$(BIN)/pytest -q -n auto --maxprocesses 4

check: $(ENVIRONMENT) ## Style, types and the import contract
	@echo 'Checking style, types and imports'
	@$(QUIETLY) $(BIN)/ruff check
	@$(QUIETLY) $(BIN)/ruff format --check
	@$(QUIETLY) $(BIN)/mypy -p biconvex
	@$(QUIETLY) $(BIN)/mypy tests/benchmarks
	@PYTHONPATH=typings $(QUIETLY) $(BIN)/lint-imports

bench: $(ENVIRONMENT) $(PACKAGES) $(PEERS) ## Measure against the peers: convex-test, oxlint and ESLint (APP=path to lint a project of your own)
	@$(BIN)/python tests/benchmarks/bench.py $(if $(APP),--app "$(APP)")

docs: $(ENVIRONMENT) ## Write the pages of the rules from the rules
	@$(BIN)/python tools/rule_docs.py

packages: $(ENVIRONMENT) $(PACKAGES) ## Make .venv and the npm packages of the tests and examples

clean: ## Remove everything that make has made
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -rf tests/packages/node_modules tests/benchmarks/node_modules tests/benchmarks/results examples/*/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(ENVIRONMENT): pyproject.toml setup.py
	@PYTHON='$(PYTHON)' sh tools/environment.sh
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json %/package.json
	@sh tools/packages.sh '$*'
