# Every target sets up .venv first where it must (see .ci/setup). ARGS is handed on:
#   make experiment ARGS="--quick"        make test ARGS="-k leak"

.DEFAULT_GOAL := help

# Tests start the command some hundred times; without compiled files each start takes half a second more.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup experiment test check format bench calibrate clean distclean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) \
		| while IFS="$$(printf '\t')" read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

setup:  ## make .venv with everything in it; a second call does nothing
	@.ci/setup

experiment: setup  ## launch growing numbers of everything, and compare (outnumber run)
	@.venv/bin/outnumber run $(ARGS)

test: setup  ## run the tests: in three processes, then those of real runtimes one at a time
	@.venv/bin/python -m pytest -n 3 --part rest $(ARGS)
	@.venv/bin/python -m pytest --part live $(ARGS)

check: setup  ## formatting, lint and types
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy

format: setup  ## format the code and mend what the linter can
	.venv/bin/ruff check --fix --quiet || true
	.venv/bin/ruff format

bench: setup  ## time bursts (pytest-benchmark), and measure every figure that is to be reached
	@.venv/bin/python -m pytest tests/benchmarks --benchmark-enable --benchmark-autosave $(ARGS)
	@.venv/bin/python -m tests.benchmarks.figures

calibrate: setup  ## how often the regression gate fails in vain, and what it finds: half an hour
	@.venv/bin/python -m tests.calibration $(ARGS)
	@.venv/bin/python -m tests.calibration.history $(HISTORY_ARGS)

clean:  ## remove caches and build products
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache
	@find bench runners reports tests -name __pycache__ -prune -exec rm -rf {} +

distclean: clean  ## remove .venv as well
	@rm -rf .venv
