# `make run` and `make test` do all the set-up on a machine with Python >= 3.11, make and a package index.
# `python -m tests.check_wheels` asks the index whether a Mac finds a wheel for every pin.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
  if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV ?= .venv
BIN := $(VENV)/bin
# One thread: on a shared machine two make medians many times worse (must be set before numpy is imported).
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: run test test-long fuzz mutants check picture bench weights clean

run: $(VENV)/.runtime
	@$(BIN)/momentum live demo

SIDE_BY_SIDE = $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadgroup
# Side by side, in two processes a core and four at most: each holds networks of its own. One by one: make test ARGS='-n 0'.
test: $(VENV)/.dev
	$(SIDE_BY_SIDE) -m 'not long' $(ARGS)

# The five long jobs that are killed and go on; CONTRIBUTING.md names them.
test-long: $(VENV)/.dev
	$(SIDE_BY_SIDE) -m long $(ARGS)

# Tests that hold for every input, with inputs that nobody has tried yet; `make test` tries the same ones every time.
fuzz: $(VENV)/.dev
	$(SIDE_BY_SIDE) -m hypothesis --hypothesis-profile fuzz $(ARGS)

# Small mistakes in the code that listens and learns, one at a time: do the tests notice? Long; taken up again at will.
mutants: $(VENV)/.dev
	nice -n 10 $(BIN)/python -m tests.mutants $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --platform linux --cache-dir .mypy_cache/linux
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin
	$(BIN)/lint-imports

# The picture in the README, from the real program on the demo match.
picture: $(VENV)/.dev
	$(BIN)/python -m tui.monitor.screenshot docs/monitor.svg --at 2:06.2 --kick-off 0:20

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(ARGS)

# Weights from nothing but the simulator, in about an hour; stopped and taken up again at will. The shipped ones learned
# from the events of real matches and from recordings besides, four networks taught them: make weights OPEN_DATA=folder
# of StatsBomb's open data SOUNDS='folders of recordings' NETWORKS=4 DISTIL=5; train.recipes.cry_units then put units
# beside the network (docs/training.md).
# REELS='a.flac b.flac' MOODS=c.flac, made by train.experiments.make_reel, measure on real sounds as well, for the card.
# Debian's libopenblas0-pthread, where it is installed, makes MLX's products on Linux many times faster.
WEIGHTS_WORK ?= .weights-work
OPENBLAS := $(firstword $(wildcard /usr/lib/*/openblas-pthread/libopenblas.so.0))
weights: $(VENV)/.dev
	$(if $(OPENBLAS),LD_PRELOAD=$(OPENBLAS)) nice -n 10 $(BIN)/python -m train.recipes.shipped_weights weights/default --work $(WEIGHTS_WORK) \
	  $(if $(OPEN_DATA),--open-data $(OPEN_DATA)) $(addprefix --sounds ,$(SOUNDS)) $(if $(TAGGERS),--taggers $(TAGGERS)) \
	  $(if $(NETWORKS),--networks $(NETWORKS)) $(if $(DISTIL),--distil $(DISTIL)) \
	  $(addprefix --val-reel ,$(VAL_REELS)) $(addprefix --reel ,$(REELS)) $(if $(MOODS),--moods $(MOODS))

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Setting up happens once and says what it does: pip shows each package, with a bar where there is a terminal.
PIP = $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
FAILED := echo "Installing failed; the lines above say why. Without a package index nothing can be set up."

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found."; echo "Install it, or name it: make run PYTHON=/path/to/python3.12"; exit 2; }
	@$(PYTHON) -I engine/app/supported_machine.py
	@echo "Setting up, once: step 1 of 2, an environment for Python in $(VENV) (some seconds)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Setting up, once: step 2 of 2, the packages that the program needs (a minute or more, by the line)"
	@$(PIP) -e . || { $(FAILED); exit 1; }
	@touch $@
	@echo "Set up: from now on this starts at once."

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Setting up, once: step 2 of 2, the packages of program and tests (several minutes, by the line)"
	@$(PIP) -e '.[dev]' || { $(FAILED); exit 1; }
	@touch $@ $(VENV)/.runtime
	@echo "Set up: from now on this starts at once."
