# Two commands for a machine with Python 3.11 or newer, Git and make: `make demo` and `make test`. Both set themselves up.

VENV := .venv
BIN := $(VENV)/bin
# The first that is new enough; say `make PYTHON=…` for another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
# For `make test`, for example PYTEST_ARGS="--require=apiserver,node,browser" or PYTEST_ARGS=tests/unit.
PYTEST_ARGS ?=
# For `make demo`, for example DEMO_ARGS="--pods 200 --speed 2".
DEMO_ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.PHONY: help demo test lint format docs requirements clean
.DELETE_ON_ERROR:

help:
	@echo "make demo          the main job in about 20 s, on a simulated cluster"
	@echo "make test          all checks and tests that this machine can run (PYTEST_ARGS=…)"
	@echo "make lint          the checks without the tests"
	@echo "make format        put the code into its form"
	@echo "make docs          draw docs/demo.svg and docs/simulate.svg anew, from real runs"
	@echo "make requirements  pin the dependencies anew"
	@echo "make clean         remove what these commands made"

demo: $(VENV)/.run
	$(BIN)/gitsidecar demo $(DEMO_ARGS)

test: lint
	$(BIN)/pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.run
	$(BIN)/python docs/make_demo_svg.py
	$(BIN)/gitsidecar simulate docs/examples/rollout --synthetic deployments=40,pods=2000 \
		--start 2026-11-24T09:00:00Z --svg docs/simulate.svg

# Every set-up step leaves a stamp, so that it is not done again until what it reads has changed.
$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or newer found: install one, or name it: make PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

# The project is installed in place: a change of its code needs no new set-up. Its build tool is pinned like the rest.
$(VENV)/.run: $(VENV)/.python requirements/build.txt requirements/run.txt pyproject.toml
	$(BIN)/pip install --quiet --require-hashes -r requirements/build.txt
	$(BIN)/pip install --quiet --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	touch $@

$(VENV)/.uv: $(VENV)/.python
	$(BIN)/pip install --quiet "uv>=0.9,<1"
	touch $@

# dev.txt first, and the others by it, so that all three name the same versions.
requirements: $(VENV)/.uv
	$(COMPILE) --upgrade --extra dev -o requirements/dev.txt pyproject.toml
	$(COMPILE) --upgrade -c requirements/dev.txt -o requirements/run.txt pyproject.toml
	$(COMPILE) --upgrade -c requirements/dev.txt -o requirements/build.txt requirements/build.in

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find gitsidecar tests -type d -name __pycache__ -prune -exec rm -rf {} +
