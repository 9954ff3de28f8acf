"""Tests run in two parts: live tests launch real runtimes and run one at a time, the rest can share
the processors. `make test` runs both; pytest by itself runs everything in one process."""

from __future__ import annotations

import pytest

PARTS = ("rest", "live")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", choices=PARTS, help="run only this part of the tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the wanted part. Deselecting by `-m` would take that option from `make test ARGS=…`."""
    part = config.getoption("--part")
    if part is None:
        return
    wanted = [one for one in items if (one.get_closest_marker("live") is None) == (part == "rest")]
    config.hook.pytest_deselected(items=[one for one in items if one not in {*wanted}])
    items[:] = wanted


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """An empty part is no failure: `ARGS="-k leak"` may select tests of one part alone."""
    if session.config.getoption("--part") and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
