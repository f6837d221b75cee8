# Two commands for a newcomer: `make play` and `make test`. Both set up what they need and can be run again without harm.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=
# Tests run side by side, one worker a core and four at most; JOBS=0 runs them in this process, for a debugger.
JOBS   ?= auto

.PHONY: play test setup setup-test lint bench clean

play: setup
	@$(BIN)/sensorama play lantern_street $(ARGS)

test: setup-test
	@$(BIN)/python -m pytest -n $(JOBS) --maxprocesses 4 --dist loadgroup $(ARGS)

lint: setup-test
	@$(BIN)/ruff check . && $(BIN)/mypy

bench: setup
	@$(BIN)/sensorama bench $(ARGS)

setup: $(VENV)/.installed
setup-test: $(VENV)/.installed-test

# System libraries: only as root on Debian and its kin, and only what is missing. Everybody else is told what to
# install, once; the show then runs without the thing that is missing and says so.
$(VENV)/.installed: pyproject.toml
	@sh .ci/system-packages
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing Python packages into $(VENV) (once; a minute or two)..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed pyproject.toml
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) build dist runs .pytest_cache .hypothesis .mypy_cache .ruff_cache
