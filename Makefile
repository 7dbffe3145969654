# Every target sets itself up: make test on a fresh machine creates .venv and installs the pinned set.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: setup demo test corpora browser hub attacks check verdicts lab generate docs clean
.DEFAULT_GOAL := help

help:
	@echo "make demo      the whole flow on a sample class"
	@echo "make test      the tests"
	@echo "make corpora   of the tests only what every corpus submission must get"
	@echo "make check     format, lint, types, generated trees"
	@echo "make attacks   the corpus of attacks"
	@echo "make verdicts  kill rate and false-reject rate of every question"
	@echo "make lab       JupyterLab on a student's copy of the course"
	@echo "make generate  assignments/ and solutions/ from source/"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "needs Python 3.11, 3.12 or 3.13 with venv (Debian: apt-get install python3-venv)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet -c constraints.txt $(TORCH) -e ".[staff,fast,hub,dev]"
	@touch $@

# Without a GPU the CPU build of torch is a tenth of the size. Where the index has both, the build
# is chosen by TORCH=..., see README.
TORCH ?= torch

demo: $(READY)
	$(BIN)/tdl demo demo

WORKERS ?= $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)))')

test: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not browser" --ignore tests/attacks $(ARGS)

# What every submission of the corpora must get, which is most of the time that tests take.
corpora: $(READY)
	$(BIN)/python -m pytest tests/test_corpus.py $(ARGS)

# In Chromium: formgrader's button, hand marks, feedback; checks in JupyterLab.
browser: $(READY)
	$(BIN)/python -m pytest -m browser $(ARGS) \
		$$(grep -rlE --include='*.py' 'mark\.browser' tests | grep -v test_hub)

# A whole JupyterHub in Chromium, from release to regrade: four minutes of CPU on accounts of its own.
hub: $(READY)
	CI=1 $(BIN)/python -m pytest -m browser $(ARGS) tests/browser/test_hub.py

# The attack corpus: all of it at each level, a sample on Gradescope and in otter; there, too,
# everything with TDL_ALL_ATTACKS=1.
attacks: $(READY)
	$(BIN)/python -m pytest tests/attacks $(ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/tdl generate --check

verdicts: $(READY)
	$(BIN)/tdl verdicts $(ARGS)

lab: $(READY)
	$(BIN)/tdl lab

generate: $(READY)
	$(BIN)/tdl generate

clean:
	rm -rf demo build dist .mypy_cache .ruff_cache .pytest_cache

.PHONY: ground-truths
ground-truths: $(READY)
	$(BIN)/python -m pytest -q tests/tdlcourse --ground-truths docs/ground-truths.md
