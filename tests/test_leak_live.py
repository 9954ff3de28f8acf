"""A leak that is really there is told, and its size; none is told where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.clock import RealClock
from bench.derive.memory import leaked
from bench.engine.budget import Job
from bench.engine.rig import MachineRig
from bench.engine.toolchain import find_tools
from bench.system import System
from tests.support.leaking import LEAK, asyncio_with
from tests.support.sessions import session

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.mark.parametrize(
    ("addition", "least", "most"), [("", -10, 10), (LEAK, 190, 240)], ids=["nothing", "200 bytes"]
)
def test_what_a_unit_leaks_is_told(
    tmp_path: Path, addition: str, least: float, most: float
) -> None:
    one = asyncio_with(tmp_path, addition)
    rig = MachineRig(System(), RealClock(), find_tools(), tmp_path)
    rig.prepare(one, print)
    value = leaked(session(Job(one, "leak", 1, (2_000,) * 36), rig)).value
    assert value is not None
    assert least < value < most
