"""What can stop a launch and what did, and what would be done, as a terminal shows them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from bench.model.records import Limit, Session, Status, Stop
from reports.console import Console
from reports.tables.limits import limits, limits_json, print_ceilings, print_limits
from reports.tables.plan import PlanFoot, PlanRow, print_plan
from tests.support.results import result, sweep

GROUP = "/sys/fs/cgroup/a"
PIDS = Limit(
    name="pids.max",
    measure="count",
    value=20_000,
    use=3_002,
    where=GROUP,
    alive=3_000,
    take=1.0,
    allows=19_998,
    lift=f"echo 40000 > {GROUP}/pids.max",
    notes=("systemd calls it TasksMax, containers --pids-limit",),
)
MEMORY = Limit(
    name="memory.max",
    measure="bytes",
    value=1 << 30,
    use=100 << 20,
    where=GROUP,
    alive=3_000,
    take=35_700.0,
    allows=27_700,
    lift=f"echo 2147483648 > {GROUP}/memory.max",
    notes=(f"memory.oom.group is set in {GROUP}: an OOM kill takes all its processes at once",),
)
BASIS = "estimated from the first 3,000 units; later units may take more"
OTHERS = (
    Limit(name="RLIMIT_NPROC", measure="count", value=None, use=None, known=False),
    Limit(name="RLIMIT_AS", measure="bytes", value=None, use=None),
    Limit(name="RLIMIT_NOFILE", measure="count", value=1024, use=5, take=0.0),
)


def shown(print_: Callable[[Console], None], width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        print_(console)
    return [line.rstrip() for line in capture.get().splitlines()]


def climb(status: Status, limit: Limit | None = None, **fields: object) -> Session:
    stop = Stop(
        status=status,
        count=19_000,
        message="its message",
        limit=limit.name if limit else None,
        where=limit.where if limit else None,
        predicted=19_998,
    )
    made = sweep((100, 19_000), runtime="pthread", purpose="climb", limits=(PIDS, MEMORY, *OTHERS))
    return replace(made, stop=replace(stop, **fields))


def ceilings(one: Session, width: int = 80) -> list[str]:
    return shown(lambda console: print_ceilings(result(one), console), width)


def test_no_ceiling_is_predicted_where_a_limit_s_use_is_unknown() -> None:
    one = climb("max", predicted=122_000_000_000)
    unknown = replace(MEMORY, take=None, allows=None)
    one = replace(one, limits=(PIDS, unknown))
    lines = shown(lambda console: print_limits([one], console))
    assert "no ceiling is predicted: how many units memory.max would allow is unknown" in lines
    assert not [line for line in lines if "122" in line or "predicted ceiling" in line]
    told = json.loads(limits_json([one]))["runtimes"][0]
    assert (told["predicted"], told["binding"], told["unknown"]) == (None, None, ["memory.max"])
    assert not [line for line in ceilings(one) if "122" in line]


def test_limits_are_told_smallest_first_with_the_outlook() -> None:
    one = climb("max", predicted=19_998)
    assert shown(lambda console: print_limits([one], console)) == [
        "pthread",
        "limit                              value   in use  per unit  allows",
        "pids.max in /sys/fs/cgroup/a      20,000    3,002         1  19,998",
        "memory.max in /sys/fs/cgroup/a  1.00 GiB  100 MiB  34.9 KiB  27,700",
        "unknown: RLIMIT_NPROC",
        "unlimited: RLIMIT_AS",
        "not used by a unit: RLIMIT_NOFILE",
        "in use: all that counts against the limit, including 3,000 trial units",
        f"allows: the 3,000 plus as many as still fit, {BASIS}",
        f"memory.max in {GROUP}: {MEMORY.notes[0]}, the harness too",
        "predicted ceiling: 19,998, set by pids.max in /sys/fs/cgroup/a",
        f"to lift it: echo 40000 > {GROUP}/pids.max",
        f"pids.max in {GROUP}: systemd calls it TasksMax, containers --pids-limit",
        "next limit: memory.max in /sys/fs/cgroup/a, which allows 27,700",
        "",
    ]


def test_a_reserve_in_the_prediction_and_a_trial_run_cut_short_are_said() -> None:
    text = "\n".join(
        shown(lambda c: print_limits([climb("refused", PIDS, count=40, predicted=12)], c))
    )
    assert "predicted ceiling: 12, set by pids.max in /sys/fs/cgroup/a, after the safety" in text
    assert "the trial run stopped at 40: its message" in text


def test_where_nothing_bounds_a_runtime_that_is_said() -> None:
    bare = replace(climb("max"), limits=OTHERS)
    assert "no known limit applies" in shown(lambda c: print_limits([bare], c))


def test_limits_for_programs_are_one_object_a_runtime() -> None:
    told = json.loads(limits_json([climb("max")]))
    assert told["schema"] == 1
    (one,) = told["runtimes"]
    assert {key: one[key] for key in ("runtime", "binding", "where", "next", "predicted")} == {
        "runtime": "pthread",
        "binding": "pids.max",
        "where": GROUP,
        "next": "memory.max",
        "predicted": 19_998,
    }
    assert len(one["limits"]) == 5


def test_a_refusal_is_told_with_evidence_and_the_way_on() -> None:
    assert ceilings(climb("refused", PIDS, evidence=("pids.max is 20,000",))) == [
        "runtime  reached  predicted  limit at  stopped by",
        "pthread   19,000     19,998         –  refused: pids.max",
        "",
        "pthread",
        "  stopped at 19,000: its message",
        "  pids.max is 20,000",
        f"  to go further: echo 40000 > {GROUP}/pids.max",
        f"  pids.max in {GROUP}: systemd calls it TasksMax, containers --pids-limit",
        "  room for 8,700 more: memory.max in /sys/fs/cgroup/a, 1.00 GiB",
        f"  room is {BASIS}",
    ]


def test_a_count_that_the_kernel_does_not_confirm_is_marked_with_the_reason() -> None:
    made = climb("refused", PIDS)
    counted = "the kernel counts 1 threads, the runner reported 19,000"
    last = replace(made.steps[-1], doubts=("unproved",), warnings=(counted,))
    lines = ceilings(replace(made, steps=(*made.steps[:-1], last)))
    assert lines[1] == "pthread  19,000†     19,998         –  refused: pids.max"
    reason = "the kernel does not confirm what the runner reported"
    assert f"  † {reason}: {counted}" in lines


def test_a_count_whose_take_still_rose_is_told_as_an_upper_bound() -> None:
    rising = replace(MEMORY, at_most=True)
    one = replace(climb("max"), limits=(PIDS, rising))
    text = "\n".join(shown(lambda console: print_limits([one], console)))
    assert "34.9 KiB  at most 27,700\n" in text
    assert "next limit: memory.max in /sys/fs/cgroup/a, which allows at most 27,700\n" in text
    assert "  room for at most 8,700 more: memory.max" in "\n".join(ceilings(one))
    assert json.loads(limits_json([one]))["runtimes"][0]["limits"][1]["at_most"] is True
    _, table_row, *_ = limits(result(one)).words
    assert table_row[4:] == ("100 MiB", "3,000", "34.9 KiB", "at most 27,700")


def test_where_no_unit_was_seen_nothing_is_said_to_rest_on_units() -> None:
    seen_none = tuple(replace(limit, alive=0) for limit in (PIDS, MEMORY))
    one = replace(climb("refused", PIDS), limits=seen_none)
    text = "\n".join(shown(lambda c: print_limits([one], c)) + ceilings(one))
    assert "estimated" not in text


@pytest.mark.parametrize(
    ("limit", "option"), [(PIDS, "--reserve-pids"), (MEMORY, "--reserve-memory")]
)
def test_a_reserve_names_the_option_that_lowers_it(limit: Limit, option: str) -> None:
    text = "\n".join(ceilings(climb("reserve", limit, projected=19_998)))
    assert "19,998 (projected)  safety reserve:" in text
    assert "the limit itself would stop it at about 19,998 (projected)" in text
    assert f"to go further: a smaller {option}, or --to-the-wall; then" in text


def test_the_end_of_the_budget_is_told_once_with_what_would_have_come() -> None:
    evidence = ("pids.max would stop it at about 19,998 (projected)", "to get there: --budget 90")
    lines = ceilings(climb("budget", projected=19_998, evidence=evidence))
    assert lines[1] == "pthread   19,000     19,998  19,998 (projected)  out of time"
    assert lines[4:7] == ["  stopped at 19,000: its message", *(f"  {line}" for line in evidence)]
    assert "".join(lines).count("would stop it") == 1


def test_a_pilot_or_climb_that_broke_is_told_with_the_runners_words() -> None:
    one = replace(climb("failed", count=0, stderr_tail="oh\n"), limits=())
    assert shown(lambda console: print_limits([one], console)) == [
        "pthread",
        "the trial run stopped at 0: its message",
        "it said: oh",
        "",
    ]
    assert ceilings(one)[4:] == ["  stopped at 0: its message", "  it said: oh"]


def test_a_runtime_that_was_left_out_is_told() -> None:
    made = result(climb("max"))
    left_out = replace(made.cases[0], runtime="trio", reason="no module; type: pip install trio")
    made = replace(made, cases=(*made.cases, left_out))
    lines = shown(lambda console: print_ceilings(made, console))
    assert lines[-1] == "trio was left out: no module; type: pip install trio"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_names_from_a_file_cannot_move_the_cursor(width: int) -> None:
    evil = "x\x1b[2J\u202e[red]\n"
    limit = replace(PIDS, name=evil, where=f"/{evil}", lift=evil)
    one = climb("refused", limit, message=evil, evidence=(evil,))
    one = replace(one, case=evil, limits=(limit, MEMORY))
    text = "\n".join(ceilings(one, width) + shown(lambda c: print_limits([one], c), width))
    assert not set("\x1b\u202e") & set(text)


PLAN = (
    PlanRow("trio", 1_000_000, 100_000, 100.0, 2e9, None),
    PlanRow("asyncio", None, 100_000, 30.0, 1e8, None),
    PlanRow("goroutine", 1, 1, 5.0, 1.0, "no Go toolchain"),
)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (None, "About 130 s in total, without the first builds of runners; --seed 5."),
        (172.0, "About 130 s in total, without the first builds of runners; --seed 5."),
        (60.0, "At most 60.0 s in total; what does not fit is skipped; --seed 5."),
    ],
)
def test_a_plan_ends_with_its_time_which_the_budget_bounds(budget: float | None, said: str) -> None:
    lines = shown(lambda console: print_plan(PLAN, PlanFoot(6, 5, budget), console), 120)
    assert lines == [
        "runtime     climb to  6 repeats to    time    memory",
        "trio       1,000,000       100,000   100 s  1.86 GiB",
        "asyncio         none       100,000  30.0 s  95.4 MiB",
        "goroutine   left out",
        said,
        "goroutine would be left out: no Go toolchain",
    ]
