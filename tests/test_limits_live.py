"""Each limit is made to bind in the child alone, and is named."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from bench.clock import RealClock
from bench.engine.cache import command_of, default_cache
from bench.engine.rig import MachineRig
from bench.engine.toolchain import availability, find_tools
from bench.experiments.base import target
from bench.experiments.ceiling import CeilingOptions, CeilingRun
from bench.limits.predict import NO_RESERVES
from bench.model.records import Limit, Session, Stop
from bench.system import System
from runners.catalogue import Entry, Guess, shipped
from tests.support import cgroups
from tests.support.entries import MACHINE
from tests.support.scripts import script

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux"),
]
MIB = 1 << 20
USER = 54_321

HOLDING_FILES = """\
import os
say(HELLO)
held = []
for line in sys.stdin:
    word, _, count = line.strip().partition(" ")
    if word == "release":
        for one in held: os.close(one)
        say('{"reply": "release", "alive": 0, "release_ns": 1000}')
        continue
    refused = ""
    try:
        while len(held) < int(count):
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        refused = ', "refused": {"error": "EMFILE", "errno": %d, "message": "x"}' % error.errno
    say('{"reply": "grow", "alive": %d, "burst_ns": 1000%s}' % (len(held), refused))
"""
HOLDING_MAPPINGS = """\
import mmap
say(HELLO)
held = []
def unit():
    # Neighbours of unlike protection are never merged into one mapping.
    pairs = FEW if len(held) < 1_000 else 8
    return [mmap.mmap(-1, 4096, prot=p) for p in (mmap.PROT_READ, mmap.PROT_WRITE) * pairs]
for line in sys.stdin:
    word, _, count = line.strip().partition(" ")
    if word == "release":
        held.clear()
        say('{"reply": "release", "alive": 0, "release_ns": 1000}')
        continue
    refused = ""
    try:
        while len(held) < int(count):
            held.append(unit())
    except OSError as error:
        refused = ', "refused": {"error": "ENOMEM", "errno": %d, "message": "x"}' % error.errno
    say('{"reply": "grow", "alive": %d, "burst_ns": 1000%s}' % (len(held), refused))
"""
HOLDING_THREADS = """\
import errno, threading
say(HELLO)
gate, held = threading.Event(), []
for line in sys.stdin:
    word, _, count = line.strip().partition(" ")
    if word == "release":
        gate.set()
        for one in held: one.join()
        say('{"reply": "release", "alive": 0, "release_ns": 1000}')
        continue
    if int(count) > 800:  # somebody lowers the limit meanwhile
        open("LIMIT", "w").write("900")
    refused = ""
    try:
        while len(held) < int(count):
            one = threading.Thread(target=gate.wait)
            one.start()
            held.append(one)
    except RuntimeError:
        refused = ', "refused": {"error": "EAGAIN", "errno": %d, "message": "x"}' % errno.EAGAIN
    say('{"reply": "grow", "alive": %d, "burst_ns": 1000%s}' % (len(held), refused))
"""


@pytest.fixture
def cache() -> Path:
    return default_cache()


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that another user may read."""
    place = Path(tempfile.mkdtemp(prefix="outnumber-test-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def climbed(entry: Entry, cache: Path, *before: str) -> Session:
    """The runtime taken to its ceiling, its command put behind the words `before`."""
    entry = msgspec.structs.replace(entry, command=(*before, *entry.command))
    tools = find_tools()
    available = availability(entry, tools)
    if available.reason:
        pytest.skip(str(available.reason))
    rig = MachineRig(System(), RealClock(), tools, cache)
    wish = CeilingOptions(budget=3_600, reserves=NO_RESERVES)
    one = target(entry, rig, available)
    experiment = CeilingRun(wish, [one], MACHINE, lambda event: None, lambda result: None)
    (sweep,) = experiment.run().sessions
    return sweep


def of(name: str) -> Entry:
    return next(entry for entry in shipped() if entry.name == name)


def holder(folder: Path, body: str) -> Entry:
    """A stranger's runner, whose units hold something."""
    return Entry(
        name="holder",
        label="holder",
        kind="task",
        language="Python",
        command=script(folder, body),
        guess=Guess(seconds=1e-5, bytes=1000),
    )


def prediction(stop: Stop) -> float:
    """Predicted before launching, by what was reached."""
    assert stop.predicted is not None, stop
    return stop.predicted / stop.count


def test_rlimit_nproc_counts_an_ordinary_users_threads(public_folder: Path) -> None:
    """The built program is ours alone, so a copy of it is the runner."""
    user, become = ordinary_user()
    limit = threads_of(user) + 700
    built = command_of(of("pthread"), find_tools(), default_cache(), lambda words: None)
    program = public_folder / "runner"
    program.write_bytes(Path(built[0]).read_bytes())
    program.chmod(0o755)
    pthread = msgspec.structs.replace(of("pthread"), build=(), command=(str(program), *built[1:]))
    words = (*become, "prlimit", f"--nproc={limit}", "--")
    stop = climbed(pthread, default_cache(), *words).stop
    assert (stop.status, stop.limit, stop.where) == ("refused", "RLIMIT_NPROC", f"user {user}")
    assert stop.evidence[0].startswith(f"RLIMIT_NPROC is {limit:,}, ")
    assert 600 < stop.count < 700
    assert 0.98 <= prediction(stop) <= 1.02


def ordinary_user() -> tuple[int, tuple[str, ...]]:
    """Somebody who is not root, and the words before a command that make it his: the tester, or
    for root, who is exempt, a user that runs nothing."""
    if os.geteuid() != 0:
        return os.getuid(), ()
    if shutil.which("setpriv") is None:
        pytest.skip("no setpriv here")
    return USER, ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")


def threads_of(user: int) -> int:
    """What a user runs already: all of it counts."""
    known = ["uids", "num_threads"]
    running = [process.info for process in psutil.process_iter(known)]
    return sum(one["num_threads"] or 0 for one in running if one["uids"].real == user)


def test_root_is_not_held_by_rlimit_nproc(cache: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("root alone can tell")
    with cgroups.made("pids", 500) as group:
        words = (*cgroups.inside(group), "prlimit", "--nproc=300", "--")
        stop = climbed(of("pthread"), cache, *words).stop
    assert (stop.limit, stop.where) == ("pids.max", str(group))


@pytest.mark.parametrize("name", ["pthread", "threading"])
def test_rlimit_as_holds_the_stacks_of_threads(cache: Path, name: str) -> None:
    stop = climbed(of(name), cache, "prlimit", f"--as={6 << 30}", "--").stop
    assert (stop.status, stop.limit) == ("refused", "RLIMIT_AS")
    assert 0.95 <= prediction(stop) <= 1.05


@pytest.mark.parametrize("name", ["asyncio", "trio", "greenlet", "gevent"])
def test_rlimit_as_holds_tasks_too(cache: Path, name: str) -> None:
    stop = climbed(of(name), cache, "prlimit", f"--as={250 * MIB}", "--").stop
    assert (stop.status, stop.limit) == ("refused", "RLIMIT_AS")
    assert 0.95 <= prediction(stop) <= 1.05


@pytest.mark.parametrize("name", ["pthread", "threading", "goroutine:locked"])
def test_a_pids_cgroup_holds_threads(cache: Path, name: str) -> None:
    with cgroups.made("pids", 1_500) as group:
        stop = climbed(of(name), cache, *cgroups.inside(group)).stop
    assert (stop.status, stop.limit, stop.where) == ("refused", "pids.max", str(group))
    assert f"pids.events max in {group}: 0 → " in " ".join(stop.evidence)
    assert 0.98 <= prediction(stop) <= 1.02


@pytest.mark.parametrize("limit", [2, 7, 50])
def test_a_limit_that_binds_in_the_pilot_is_named(cache: Path, limit: int) -> None:
    with cgroups.made("pids", limit) as group:
        stop = climbed(of("pthread"), cache, *cgroups.inside(group)).stop
    assert (stop.status, stop.limit, stop.count) == ("refused", "pids.max", limit - 1)


def test_of_nested_pids_cgroups_the_smaller_parent_binds(cache: Path) -> None:
    with cgroups.made("pids", 800) as outer, cgroups.made("pids", 1_500, outer) as inner:
        stop = climbed(of("pthread"), cache, *cgroups.inside(inner)).stop
    assert (stop.limit, stop.where) == ("pids.max", str(outer))
    assert stop.evidence[0] == f"pids.max in {outer} is 800, 800 in use"
    assert 0.98 <= prediction(stop) <= 1.02


def test_two_limits_that_bind_at_once_are_both_reported(cache: Path) -> None:
    with cgroups.made("pids", 800) as outer, cgroups.made("pids", 800, outer) as inner:
        stop = climbed(of("pthread"), cache, *cgroups.inside(inner)).stop
    assert stop.limit == "pids.max"
    assert any("binds within one unit of it" in line for line in stop.evidence)


@pytest.mark.parametrize("name", ["asyncio", "goroutine"])
def test_a_memory_cgroup_ends_in_an_oom_kill(cache: Path, name: str) -> None:
    with cgroups.made("memory", 100 * MIB) as group:
        stop = climbed(of(name), cache, *cgroups.inside(group)).stop
    assert (stop.status, stop.signal) == ("killed", "SIGKILL")
    assert (stop.limit, stop.where) == (cgroups.limit_file("memory"), str(group))
    assert f"OOM kill counted: oom_kill in {group}: 0 → 1" in stop.evidence
    assert 0.95 <= prediction(stop) <= 1.05


@pytest.mark.parametrize("few", [4, 8])
def test_max_map_count_holds_mappings(cache: Path, tmp_path: Path, few: int) -> None:
    """A unit takes 16, and where `few` is 4 each of the first thousand takes 8: as with Python's
    threads, the marginal take predicts it and the average would not."""
    body = HOLDING_MAPPINGS.replace("FEW", str(few))
    stop = climbed(holder(tmp_path, body), cache).stop
    assert (stop.status, stop.limit) == ("refused", "vm.max_map_count")
    assert 0.95 <= prediction(stop) <= 1.05


def test_rlimit_nofile_holds_units_with_a_descriptor_each(cache: Path, tmp_path: Path) -> None:
    entry = holder(tmp_path, HOLDING_FILES)
    stop = climbed(entry, cache, "prlimit", "--nofile=700", "--").stop
    assert (stop.status, stop.limit) == ("refused", "RLIMIT_NOFILE")
    assert stop.evidence == ("RLIMIT_NOFILE is 700, 700 in use",)
    assert 0.98 <= prediction(stop) <= 1.02


def test_go_ends_itself_at_its_own_limit_of_threads(cache: Path) -> None:
    with cgroups.made("pids", 12_000) as group:
        stop = climbed(of("goroutine:locked"), cache, *cgroups.inside(group)).stop
    assert (stop.status, stop.limit) == ("refused", "Go SetMaxThreads")
    assert "exceeds 10000-thread limit" in stop.stderr_tail
    assert 0.98 <= prediction(stop) <= 1.02


def test_a_limit_that_changes_during_the_run_is_reported(cache: Path, tmp_path: Path) -> None:
    with cgroups.made("pids", 5_000) as group:
        lowered = HOLDING_THREADS.replace("LIMIT", str(group / "pids.max"))
        stop = climbed(holder(tmp_path, lowered), cache, *cgroups.inside(group)).stop
    assert stop.limit == "pids.max"
    assert f"pids.max in {group} changed during the run, from 5,000 to 900" in stop.evidence


def test_the_limits_are_kept_with_what_a_unit_takes_and_what_lifts_them(cache: Path) -> None:
    with cgroups.made("pids", 500) as group:
        sweep = climbed(of("pthread"), cache, *cgroups.inside(group))
    first = sweep.limits[0]
    assert first == Limit(
        name="pids.max",
        measure="count",
        value=500,
        use=400,
        where=str(group),
        alive=399,
        take=1.0,
        allows=499,
        lift=f"echo 1000 > {group}/pids.max",
        notes=("systemd calls it TasksMax, containers --pids-limit",),
    )
    assert [limit.name for limit in sweep.limits[1:3]] == ["kernel.pid_max", "vm.max_map_count"]
