"""After launching: the limit that bound, named from how the launch ended and what was left."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.limits.model import Ending, LimitState, Resource, Survey
from bench.limits.recognise import Cause, recognise
from tests.support.limits import made, surveyed

AGAIN = Ending(3000, 3030, "EAGAIN: Resource temporarily unavailable", errno.EAGAIN)
NO_MEMORY = Ending(250_000, 252_000, "MemoryError: ")
KILLED = Ending(250_000, 252_000, "the runner ended by SIGKILL", None, "SIGKILL", "", dead=True)
TAKES: dict[Resource, float | None] = {
    "threads": 1.0,
    "mappings": 3.0,
    "memory": 1200.0,
    "address space": 8 << 20,
    "data": 8 << 20,
    "descriptors": 1.0,
}
BOX, INNER = "/sys/fs/cgroup/box", "/sys/fs/cgroup/box/inner"


def at(name: str, value: int | None, use: int | None, **more: object) -> LimitState:
    known = {"resource": "threads", "where": None} | more
    return LimitState(name, value=value, use=use, **known)  # type: ignore[arg-type]


def verdict(
    ending: Ending,
    *now: LimitState,
    before: Survey | None = None,
    counters: Mapping[str, int] | None = None,
) -> Cause:
    return recognise(ending, (before or Survey(), Survey(ending.alive, now, counters or {})), TAKES)


def test_the_limit_that_is_used_up_is_named_with_its_value_and_use() -> None:
    found = verdict(AGAIN, at("RLIMIT_NPROC", 3100, 3100), at("kernel.threads-max", 9000, 3300))
    assert found == Cause("RLIMIT_NPROC", None, ("RLIMIT_NPROC is 3,100, 3,100 in use",))


@pytest.mark.parametrize("message", ["RuntimeError: can't start new thread", "x"])
def test_words_tell_as_much_as_an_errno(message: str) -> None:
    ending = replace(AGAIN, message=message, errno=None)
    named = verdict(ending, at("RLIMIT_NPROC", 3100, 3100)).limit
    assert named == ("RLIMIT_NPROC" if message != "x" else None)


def test_of_nested_cgroups_the_one_that_is_full_binds_though_another_counted() -> None:
    label = "pids.events max in /a/b"
    outer = at("pids.max", 3001, 3001, where="/a", counters=(label,))
    inner = at("pids.max", 5000, 3001, where="/a/b", counters=(label,))
    found = verdict(AGAIN, inner, outer, before=Survey(0, (), {label: 0}), counters={label: 1})
    assert (found.limit, found.where) == ("pids.max", "/a")
    assert found.evidence == ("pids.max in /a is 3,001, 3,001 in use", f"{label}: 0 → 1")


def test_mappings_may_be_what_is_missing_where_a_thread_is_refused() -> None:
    mapped = at("vm.max_map_count", 65530, 65529, resource="mappings")
    found = verdict(AGAIN, at("kernel.pid_max", 32768, 22700), mapped)
    assert found.limit == "vm.max_map_count"


def test_several_limits_within_one_unit_of_each_other_are_reported() -> None:
    found = verdict(AGAIN, at("RLIMIT_NPROC", 3100, 3100), at("kernel.threads-max", 3400, 3400))
    assert found.limit == "RLIMIT_NPROC"
    assert found.evidence[1] == (
        "kernel.threads-max binds within one unit of it: kernel.threads-max is 3,400, 3,400 in use"
    )


def test_a_limit_that_changed_during_the_run_is_reported() -> None:
    before = Survey(0, (at("pids.max", 9000, 10, where="/a"), at("RLIMIT_NPROC", None, 5)))
    now = (at("pids.max", 3001, 3001, where="/a"), at("RLIMIT_NPROC", 8000, 3100))
    found = verdict(AGAIN, *now, before=before)
    assert found.limit == "pids.max"
    assert found.evidence[1:] == (
        "pids.max in /a changed during the run, from 9,000 to 3,001",
        "RLIMIT_NPROC changed during the run, from unlimited to 8,000",
    )


def test_a_limit_that_became_unreadable_has_not_changed() -> None:
    before = Survey(0, (at("RLIMIT_NPROC", 3100, 5),))
    now = (at("RLIMIT_NPROC", None, None, known=False), at("kernel.threads-max", 3300, 3300))
    assert verdict(AGAIN, *now, before=before).evidence == (
        "kernel.threads-max is 3,300, 3,300 in use",
    )


def test_a_number_that_others_gave_back_meanwhile_is_still_near_enough() -> None:
    found = verdict(AGAIN, at("kernel.pid_max", 32768, 32750))
    assert found.limit == "kernel.pid_max"
    assert found.evidence == ("kernel.pid_max is 32,768, 32,750 in use, room for 18 more at most",)


def test_where_nothing_is_near_no_limit_is_named() -> None:
    found = verdict(AGAIN, at("kernel.pid_max", 32768, 5000))
    assert found.limit is None
    assert found.evidence == (
        "no limit was used up: kernel.pid_max came nearest, with room for 27,768 more",
    )


def test_where_nothing_can_be_read_no_limit_is_made_up() -> None:
    found = verdict(AGAIN, at("kernel.pid_max", None, None, known=False))
    assert found == Cause(None, None, ("no limit that could be read refuses in this way",))


def test_a_refusal_of_memory_names_the_limit_with_least_room() -> None:
    space = at("RLIMIT_AS", 400 << 20, 390 << 20, resource="address space")
    data = at("RLIMIT_DATA", None, 300 << 20, resource="data")
    found = verdict(NO_MEMORY, space, data)
    assert found.limit == "RLIMIT_AS"
    assert found.evidence[0].startswith("RLIMIT_AS is 400.0 MiB, 390.0 MiB in use")


def test_overcommit_refuses_like_memory() -> None:
    promised = at("vm.overcommit_memory", 512 << 20, 511 << 20, resource="data")
    assert verdict(AGAIN, promised).limit == "vm.overcommit_memory"


def test_too_many_open_files_is_descriptors_and_nothing_else() -> None:
    ending = Ending(1000, 1010, "OSError: Too many open files", errno.EMFILE)
    files = at("RLIMIT_NOFILE", 1024, 1024, resource="descriptors")
    assert verdict(ending, at("pids.max", 10, 10), files).limit == "RLIMIT_NOFILE"


def test_gos_own_words_are_enough() -> None:
    last = "runtime: program exceeds 10000-thread limit\nfatal error: thread exhaustion"
    ending = Ending(9900, 9999, "the runner ended with status 2", None, None, last, dead=True)
    before = Survey(3000, (at("Go SetMaxThreads", 10_000, 3006),))
    found = verdict(ending, before=before)
    assert found.limit == "Go SetMaxThreads"


def test_a_go_program_that_dies_of_a_refused_thread_is_not_at_gos_limit() -> None:
    last = "runtime: failed to create new OS thread (have 497 already; errno=11)"
    ending = Ending(480, 500, "the runner ended with status 2", None, None, last, dead=True)
    label = "pids.events max in /a"
    group = at("pids.max", 500, 310, where="/a", counters=(label,))
    before = Survey(300, (at("Go SetMaxThreads", 10_000, 306), group), {label: 0})
    assert verdict(ending, before=before, counters={label: 1}).limit == "pids.max"


def test_a_dead_runners_rlimit_is_known_by_what_was_left_at_the_last_look() -> None:
    last = "runtime: failed to create new OS thread (have 497 already; errno=11)"
    ending = Ending(480, 500, "the runner ended with status 2", None, None, last, dead=True)
    before = Survey(300, (at("RLIMIT_NPROC", 500, 310), at("kernel.pid_max", 32768, 900)))
    assert verdict(ending, before=before).limit == "RLIMIT_NPROC"


def killed(system_before: Survey, system_now: Survey) -> Cause:
    return recognise(KILLED, (system_before, system_now), TAKES)


@pytest.fixture
def limited(tmp_path: Path) -> Path:
    made(tmp_path, {f"{BOX[1:]}/memory.max": str(300 << 20)})
    return tmp_path


def test_an_oom_kill_is_known_by_the_cgroup_whose_limit_was_met(limited: Path) -> None:
    from bench.system import System

    before = surveyed(System(limited))
    (limited / f"{INNER[1:]}/memory.events").write_text("oom 1\noom_kill 1\n")
    (limited / f"{BOX[1:]}/memory.events.local").write_text("oom 1\noom_kill 0\n")
    (limited / "proc/vmstat").write_text("oom_kill 6\n")
    found = killed(before, surveyed(System(limited)))
    assert (found.limit, found.where) == ("memory.max", BOX)
    assert found.evidence == (
        f"memory.max in {BOX} is 300.0 MiB",
        f"memory.events.local oom in {BOX}: 0 → 1",
        f"OOM kill counted: oom_kill in {INNER}: 0 → 1",
        "OOM kill counted: oom_kill of the whole machine: 5 → 6",
    )


def test_an_oom_kill_without_a_cgroup_at_its_limit_is_the_machines(limited: Path) -> None:
    from bench.system import System

    before = surveyed(System(limited))
    (limited / "proc/vmstat").write_text("oom_kill 6\n")
    found = killed(before, surveyed(System(limited)))
    assert (found.limit, found.where) == ("MemAvailable", "the machine")


def test_a_kill_that_no_counter_saw_was_not_for_memory(limited: Path) -> None:
    from bench.system import System

    seen = surveyed(System(limited))
    found = killed(seen, seen)
    assert found.limit is None
    assert found.evidence[0].startswith("no counter of OOM kills moved")


def test_a_kill_where_no_counter_can_be_read_is_unknown() -> None:
    found = killed(Survey(), Survey())
    assert found == Cause(
        None, None, ("no counter of OOM kills can be read here, so the reason is unknown",)
    )


def test_what_a_refused_runner_let_go_of_does_not_hide_the_limit() -> None:
    ending = Ending(34_000, 34_200, "ENOMEM: Cannot allocate memory", errno.ENOMEM)
    space = at("RLIMIT_AS", 200 << 20, 140 << 20, resource="address space")
    takes: dict[Resource, float | None] = {"address space": 1152.0}
    found = recognise(ending, (Survey(), Survey(34_000, (space,))), takes)
    assert found.limit == "RLIMIT_AS"


def test_a_memory_cgroup_that_refuses_without_a_kill_is_known_by_its_counter() -> None:
    label = "memory.failcnt in /a"
    group = at(
        "memory.limit_in_bytes",
        300 << 20,
        299 << 20,
        resource="memory",
        where="/a",
        counters=(label,),
    )
    ending = Ending(3000, 3030, "ENOMEM: Cannot allocate memory", errno.ENOMEM)
    found = verdict(ending, group, before=Survey(0, (), {label: 0}), counters={label: 4})
    assert (found.limit, found.where) == ("memory.limit_in_bytes", "/a")
    assert found.evidence[1] == f"{label}: 0 → 4"


def test_a_refusal_of_the_very_first_unit_is_named_too() -> None:
    ending = replace(AGAIN, alive=0, asked=10)
    found = recognise(ending, (Survey(), Survey(0, (at("pids.max", 2, 2, where="/a"),))), {})
    assert (found.limit, found.where) == ("pids.max", "/a")
