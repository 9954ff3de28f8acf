"""What tells two results' machines, versions, settings and measuring apart."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bench.results.figures import figures
from bench.results.likeness import Difference, differences, differences_of, facts_with_counts
from bench.results.records import Result
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


def with_counts(*results: Result) -> tuple[Difference, ...]:
    return differences_of(*(facts_with_counts(made, figures(made)) for made in results))


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
