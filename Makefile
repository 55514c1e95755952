# Two commands for a newcomer: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SERVE ?= yes

.PHONY: help demo law bulk chain test check bench lock messages clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 2; }
	@"$(PYTHON)" -m venv $(VENV) || { echo "this Python cannot make a virtual environment (on Debian: apt-get install python3-venv)"; exit 2; }

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "setting up what running needs (once, under a minute) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "setting up what tests and checks need (once) ..."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.run ## set up, run the main job on a small city, serve the portal (SERVE=no: stop after the summary)
	@$(BIN)/goodstanding demo $(if $(filter no,$(SERVE)),--no-serve)

law: $(VENV)/.run ## set up what `goodstanding law columns` and `law prove` need beside the core (DuckDB, Ibis, z3)
	@$(PIP) --require-hashes -r requirements-law.lock

bulk: $(VENV)/.run ## set up what taking in by the million needs beside the core (DuckDB, Ibis, Iceberg, Splink)
	@$(PIP) --require-hashes -r requirements-bulk.lock

chain: $(VENV)/.run ## set up what anchoring on an EVM chain and SM2 signatures need beside the core (web3, gmalg)
	@$(PIP) --require-hashes -r requirements-chain.lock

test: $(VENV)/.dev ## set up and run all tests, browser included
	@sh tests/system-packages
	@sh tests/run $(BIN)/python

check: $(VENV)/.dev ## ruff, mypy --strict on floors 0 and 1, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.dev ## measure and print with method
	@$(BIN)/python -m bench

messages: $(VENV)/.dev ## collect and compile the portal's translations (needs gettext)
	@cd src/goodstanding && ../../$(BIN)/django-admin makemessages -l zh_Hans --no-location --no-wrap --no-obsolete --settings=goodstanding.site.settings
	@cd src/goodstanding && ../../$(BIN)/django-admin compilemessages --settings=goodstanding.site.settings

lock: ## resolve the dependencies again (needs uv)
	uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --extra columns --extra prove -c requirements.lock pyproject.toml -o requirements-law.lock
	uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --extra columns --extra lake --extra linkage -c requirements.lock pyproject.toml -o requirements-bulk.lock
	uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --extra chain -c requirements.lock pyproject.toml -o requirements-chain.lock
	uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --extra build --extra columns --extra lake --extra linkage --extra prove --extra spark --extra test --extra check -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove the virtual environment and caches (never data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
