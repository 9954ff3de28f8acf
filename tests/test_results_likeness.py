"""What tells two results' machines, versions, settings and measuring apart."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from bench.derive.metrics import counts_behind, figures
from bench.history.store import Point, point_of
from bench.model.likeness import (
    Difference,
    differences,
    differences_of,
    facts_of,
    facts_with_counts,
    without_runtimes,
)
from bench.model.records import Result, RunnerInfo, Session
from tests.support.commands import outnumber_here
from tests.support.results import (
    ASYNCIO,
    GOROUTINE,
    MACHINE,
    Unit,
    leak_sweep,
    result,
    runtime,
    sweep,
)

ONE = result(sweep(unit=ASYNCIO))


def with_machine(**facts: object) -> Result:
    return replace(ONE, machine=replace(MACHINE, **facts))


def test_a_result_does_not_differ_from_itself() -> None:
    assert differences(ONE, ONE, ONE) == ()


def test_what_a_machine_happened_to_be_doing_is_no_difference() -> None:
    assert differences(ONE, with_machine(load=7.5, steal=0.2)) == ()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"kernel": "6.19.1"}, Difference("machine", "kernel", ("6.18.0", "6.19.1"))),
        ({"cpu": None}, Difference("machine", "cpu", ("Some CPU", "unknown"))),
        (
            {"memory_bytes": 12 << 30},
            Difference("machine", "memory_bytes", (str(24 << 30), str(12 << 30))),
        ),
        (
            {"limits": {"RLIMIT_NPROC": "4096"}},
            Difference("limit", "RLIMIT_NPROC", ("unlimited", "4096")),
        ),
        (
            {"limits": {"RLIMIT_NPROC": "unlimited", "pids.max": "100"}},
            Difference("limit", "pids.max", ("not set", "100")),
        ),
        (
            {"python": "CPython 3.13.1"},
            Difference("measuring", "harness's python", ("CPython 3.11.7", "CPython 3.13.1")),
        ),
    ],
)
def test_a_fact_that_differs_is_named(facts: dict[str, object], said: Difference) -> None:
    assert differences(ONE, with_machine(**facts)) == (said,)


def test_memory_that_differs_by_what_a_kernel_keeps_is_the_same() -> None:
    assert differences(ONE, with_machine(memory_bytes=(24 << 30) - (100 << 20))) == ()


def test_a_runtimes_version_and_source_are_told() -> None:
    newer = replace(runtime("asyncio"), version="3.13.1")
    unit = Unit(kernel_source="meminfo (system-wide)")
    other = result(sweep(unit=unit), runtimes=[newer])
    said = {difference.name: difference.values for difference in differences(ONE, other)}
    assert said == {
        "asyncio version": ("unknown", "3.13.1"),
        "asyncio kernel source": (ASYNCIO.kernel_source, unit.kernel_source),
    }


def test_a_runtime_that_only_one_of_them_ran_is_no_difference_of_the_machine() -> None:
    other = result(sweep(unit=ASYNCIO), sweep(unit=GOROUTINE, runtime="goroutine"))
    assert differences(ONE, other) == ()


def test_a_setting_that_only_one_of_them_had_is_told() -> None:
    other = replace(ONE, plan=replace(ONE.plan, settings={"stack-size": "65536"}))
    assert differences(ONE, other) == (Difference("setting", "stack-size", ("not set", "65536")),)


def test_unlike_futex_slots_are_told_and_unknown_ones_are_no_difference() -> None:
    def slots(value: int) -> Result:
        one = sweep(unit=ASYNCIO)
        steps = [replace(step, counts={"futex_slots": 16}) for step in one.steps]
        steps[-1] = replace(steps[-1], counts={"futex_slots": value})
        return result(replace(one, steps=tuple(steps)))

    (found,) = differences(slots(16), slots(16_384))
    assert found == Difference("measuring", "asyncio futex slots", ("16", "16,384"))
    assert differences(slots(16), ONE) == ()


def with_counts(*results: Result) -> tuple[Difference, ...]:
    return differences_of(
        *(facts_with_counts(made, counts_behind(figures(made))) for made in results)
    )


def test_counts_and_what_was_asked_for_are_told_where_they_are_asked_for() -> None:
    quick = result(sweep((500, 5000), ASYNCIO), leak_sweep(0.0))
    quick = replace(quick, plan=replace(quick.plan, preset="quick", max=5000))
    assert with_counts(ONE, ONE) == ()
    assert with_counts(ONE, quick) == (
        Difference("setting", "preset", ("default", "quick")),
        Difference("setting", "climb to", ("not set", "5,000")),
        Difference("measuring", "asyncio units alive", ("100,000", "5,000")),
        Difference("measuring", "asyncio units in a burst", ("10,000", "500")),
    )
    (told,) = with_counts(quick, replace(quick, command="ceiling"))
    assert str(told) == "command: run against ceiling"
    assert differences(ONE, quick) == ()  # what a comparison refuses and a history parts at


def test_of_several_results_each_has_its_words() -> None:
    (told,) = differences(ONE, with_machine(kernel="6.1"), ONE)
    assert told.values == ("6.18.0", "6.1", "6.18.0")
    assert str(told) == "kernel: 6.18.0 against 6.1 against 6.18.0"


def process(
    facts: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    runtime: str = "trio",
    number: int = 1,
) -> Session:
    hello = RunnerInfo(runtime=runtime, version="0.35.0", unit="a unit", facts=facts or {})
    hello = replace(hello, environment=environment)
    return sweep(unit=ASYNCIO, runtime=runtime, number=number, hello=hello)


def told(base: Result, new: Result) -> list[str]:
    return [f"{one.topic}: {one}" for one in differences(base, new)]


@pytest.mark.parametrize(
    ("base", "new", "difference"),
    [
        (
            process({"python": "CPython 3.11.7"}),
            process({"python": "CPython 3.13.1"}),
            "environment: trio python: CPython 3.11.7 against CPython 3.13.1",
        ),
        (
            process({"GIL": "on"}),
            process({"GIL": "off"}),
            "environment: trio GIL: on against off",
        ),
        (
            process(environment={}),
            process(environment={"MALLOC_ARENA_MAX": "1", "LD_PRELOAD": "/x/y.so"}),
            "environment: trio variables: none against MALLOC_ARENA_MAX=1, LD_PRELOAD=/x/y.so",
        ),
        (process(), process({"python": "CPython 3.13.1"}, {"GOGC": "5"}), None),
        (process({"python": "3"}, {}), process({"python": "3"}), None),
        (process({"pid": "12"}), process({"pid": "13"}), None),
        (process({"listening port": "80"}), process({"listening port": "81"}), None),
        (process({"gate": "<gate at 0x7f12345678>"}), process({"gate": "at 0x7f1234abcd"}), None),
        (process({"library": "/a/lib.so"}), process({"library": "/b/lib.so"}), None),
        (process({"library": "v2 (~/a)"}), process({"library": "v2 (~/b)"}), None),
        (
            process({"transport": "tcp"}),
            process({"transport": "unix"}),
            "environment: trio transport: tcp against unix",
        ),
    ],
)
def test_what_moves_a_runners_figures_is_a_difference(
    base: Session, new: Session, difference: str | None
) -> None:
    assert told(result(base), result(new)) == ([difference] if difference else [])


def test_a_fact_counts_if_all_processes_of_a_result_agree_on_it() -> None:
    shaky = result(process({"seed": "1", "gc": "on"}), process({"seed": "2", "gc": "on"}, number=2))
    other = result(
        process({"seed": "3", "gc": "off"}), process({"seed": "3", "gc": "off"}, number=2)
    )
    assert told(shaky, other) == ["environment: trio gc: on against off"]
    assert told(shaky, shaky) == []


def test_a_variable_of_the_plan_is_a_setting_and_told_once() -> None:
    base, new = (result(process(environment=has)) for has in ({}, {"GOGC": "50"}))
    new = replace(new, plan=replace(new.plan, settings={"env GOGC": "50"}))
    assert told(base, new) == ["setting: env GOGC: not set against 50"]


def test_a_runtimes_environment_is_its_own() -> None:
    facts = facts_of(result(process({"python": "3"}), process({"GOGC": "5"}, runtime="go")))
    assert without_runtimes(facts, ["go"])["environment"] == {"trio python": "3"}
    assert without_runtimes(facts, ["trio"])["environment"] == {"go GOGC": "5"}


def test_a_long_fact_is_kept_by_its_beginning_and_hash() -> None:
    one, other = ({"PYTHONPATH": 5_000 * "x" + end} for end in "ab")
    (difference,) = differences(
        result(process(environment=one)), result(process(environment=other))
    )
    assert all(len(value) <= 1_000 for value in difference.values)
    point = point_of(replace(result(process(environment=one)), command="run"), None)
    assert msgspec.json.decode(msgspec.json.encode(point), type=Point) == point


def test_a_comparison_and_a_page_tell_it(tmp_path: Path) -> None:
    """As seen where it was missed: trio on two Pythons, with one version of trio."""
    for name, python in (("a", "CPython 3.11.7"), ("b", "CPython 3.13.1")):
        sweeps = [process({"python": python}, number=number) for number in range(1, 7)]
        made = result(*sweeps)
        (tmp_path / f"{name}.json").write_bytes(msgspec.json.encode(made))
    paths = (str(tmp_path / "a.json"), str(tmp_path / "b.json"))
    said = outnumber_here("compare", *paths, code=None).stdout
    assert "trio python: CPython 3.11.7 against CPython 3.13.1" in " ".join(said.split())
