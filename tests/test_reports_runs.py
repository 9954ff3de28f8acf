"""What broke is shown with the runner's own words, few and harmless; and the command that repeats a
run."""

from __future__ import annotations

import shlex

import pytest
from msgspec.structs import replace

from bench.model.records import CaseSpec, Plan, Result, Session, Spec, Status
from reports.wording.runs import failures, repeat
from tests.support.results import result, runtime, sweep


def broken(
    name: str, tail: str = "", status: Status = "failed", limit: str | None = None
) -> Session:
    made = sweep((100,), runtime=name, status=status, limit=limit)
    return replace(made, stop=replace(made.stop, stderr_tail=tail))


def test_a_traceback_ends_with_what_it_was_about() -> None:
    tail = "Traceback:\n" + "".join(f"  line {n}\n" for n in range(20)) + "\nKeyError: 'x'\n"
    assert failures([broken("trio", tail)]) == [
        "trio: its message; it said:",
        *(f"    line {n}" for n in range(15, 20)),
        "  KeyError: 'x'",
    ]


def test_of_what_was_cut_in_the_middle_the_beginning_tells_why() -> None:
    tail = "fatal error: why\n\ngoroutine 1:\n…\ngoroutine 99999:\nmain.go:44"
    assert failures([broken("goroutine", tail)]) == [
        "goroutine: its message; it said:",
        "  fatal error: why",
        "  goroutine 1:",
    ]


def test_each_runtime_speaks_once_and_only_if_it_broke() -> None:
    sweeps = [
        sweep(runtime="asyncio"),
        broken("a", "first"),
        broken("a", "second"),
        broken("b"),
        broken("c", "kernel", "killed", "memory.max"),
        broken("d", "who?", "killed"),
        broken("e", "no more", "refused"),
    ]
    assert failures(sweeps) == [
        "a: its message; it said:",
        "  first",
        "b: its message",
        "d: its message; it said:",
        "  who?",
    ]


@pytest.mark.parametrize("evil", ["\x1b[2J", "\x07", "\u202e", "\r", "\x9b31m"])
def test_the_words_cannot_move_the_cursor(evil: str) -> None:
    lines = failures([broken(f"a{evil}", f"{evil}oh{evil}\n{evil}")])
    assert not set("\x1b\x07\u202e\r\x9b\n") & set("".join(lines))
    assert "oh" in lines[1]


# The command that repeats a run

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
            "run --no-climb --sweeps 6 --seed 1 --max 5000 --stack-size 65536 --futex-slots 16 "
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


def test_several_interpreters_are_given_again() -> None:
    cases = [replace(runtime("asyncio"), python=name) for name in ("3.12", "3.13")]
    spec = Spec(
        experiment="population",
        cases=tuple(
            CaseSpec(runtime="asyncio", python=f"/opt/{case.python}/bin/python") for case in cases
        ),
    )
    made = result(*(sweep(runtime=case.key) for case in cases), runtimes=cases)
    assert repeat(replace(made, spec=spec)) == (
        "outnumber run --sweeps 6 --seed 1 --python /opt/3.12/bin/python "
        "--python /opt/3.13/bin/python -r asyncio"
    )
