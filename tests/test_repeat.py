"""The command that does a run again."""

from __future__ import annotations

import shlex

import pytest
from msgspec.structs import replace

from bench.model.records import Plan, Result
from reports.wording.repeat import repeat
from tests.support.results import result, runtime, sweep

ASKED = result(sweep(), runtimes=[runtime("asyncio"), runtime("trio", "no trio here")])
HOSTILE = "a; rm -rf /\x1b[31m $(x)"


def asked(**fields: object) -> Result:
    return replace(ASKED, plan=replace(ASKED.plan, **fields))


REPEATED: list[tuple[str, Result, str]] = [
    ("as planned, without what could not run", ASKED, "run --sweeps 6 --seed 1 -r asyncio"),
    (
        "quick, within a budget",
        asked(preset="quick", budget_seconds=38.0),
        "run --quick --sweeps 6 --seed 1 --budget 38 -r asyncio",
    ),
    (
        "no climb, this run's cap",
        asked(climb=False, max=5000, settings={"stack-size": "65536", "futex-slots": "16"}),
        (
            "run --sweeps 6 --seed 1 --no-climb --max 5000 --stack-size 65536 --futex-slots 16 "
            "-r asyncio"
        ),
    ),
    (
        "a ceiling",
        replace(
            ASKED,
            command="ceiling",
            plan=Plan(sweeps=0, seed=0, climb=True, budget_seconds=20.5, preset="ceiling"),
        ),
        "ceiling --budget 20.5 -r asyncio",
    ),
]


@pytest.mark.parametrize(
    ("made", "said"), [case[1:] for case in REPEATED], ids=[case[0] for case in REPEATED]
)
def test_a_run_is_repeated_by_its_own_plan(made: Result, said: str) -> None:
    assert repeat(made) == f"outnumber {said}"


def test_names_of_a_result_do_no_harm_in_a_shell() -> None:
    made = replace(result(sweep(runtime=HOSTILE)), command=HOSTILE)
    words = shlex.split(repeat(made))
    assert words[1] == words[-1] == "a; rm -rf /[31m $(x)"
