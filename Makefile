# The commands of Tem. Each sets up what it needs from the lock files; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PYTHON ?= python3

.PHONY: help setup demo test test-network test-faults bench check fmt mutate generate lock

help:  ## list the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

setup:  ## install everything into .venv and node_modules, from lock files
	@$(PYTHON) scripts/setup.py

demo: setup  ## one certificate through every part, and every verdict
	@python -m scripts.demo

test: check  ## everything CI runs: checks, pytest, forge
	pytest -n 2 --dist worksteal --cov --cov-report=term -q
	scripts/core_coverage
	scripts/forge test

check: setup  ## style, types, layers, generated files up to date
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	scripts/forge fmt --check
	python -m scripts.generate --check

fmt: setup  ## format everything
	ruff check --fix .
	ruff format .
	scripts/forge fmt

generate: setup  ## rebuild generated files: artifacts, clients, OpenAPI, vectors
	python -m scripts.generate

test-network: setup  ## a real BFT network of 4 and 7 validators, killed and cut (needs Go; 4 min more at first)
	python -m scripts.network build
	pytest tests/network -q

test-faults: setup  ## kills by the hundred, every call failing both ways (KILLS=1000 for the long form)
	pytest tests/faults -q

bench: setup  ## measure, and renew docs/performance.md
	python -m bench

mutate: setup  ## a million mutated proof files: none accepted, none crashes
	python -m scripts.mutate --count 1000000

lock: setup  ## renew the Python lock files
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
