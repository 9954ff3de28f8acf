"""Takes any runner through the contract, `runners/README.md`, a check at a time.

Each check has a fresh runner, says in its first line what the contract asks, and raises `Broken`
with what happened instead. Small counts: it is the manners that are looked at, not the figures.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.clock import Clock
from bench.engine.children import Launch
from bench.engine.protocol import COLLECT, Greeted, Grown, Rejected
from bench.engine.runner import (
    RunnerDied,
    RunnerError,
    RunnerFlooded,
    RunnerHung,
    RunnerProcess,
    act_once,
)
from bench.model.records import DEFAULT_UNIT, DONE
from bench.probes import cpu
from bench.signals import held
from bench.system import System
from runners.catalogue import Entry

FEW, MORE = 20, 50
PROBED = 5
UNKNOWN_SETTING = "no-such-setting=1"
ENDLESS = 1_000_000  # a burst that is still going on when its input ends
PATIENCE_SECONDS = 10.0  # how long what happens at once may take on a machine that has much to do
BURST_SECONDS = 0.05
LOOK_SECONDS = 0.01
SPARE_BYTES = 40 << 20  # room left to a runner whose address space is limited
STILL_SHARE = 0.02  # of the time that it is looked at: a parked population takes no CPU
NO_COMMANDS = (
    "sing", "", "grow", "grow many", "grow -1", "grow 1.5", "grow 1 2", "probe", "probe 0",
    "probe 1001", "release 1",
)  # fmt: skip
NO_ACTS = ("act", "act no-such-act", "act no-such-act key=value")
UNKNOWN_UNIT = "unit=no-such-unit"
PAD_BYTES = 100_000


class Broken(Exception):
    """What happened instead of what the contract asks."""


@dataclass(frozen=True)
class Outcome:
    """What became of one check; `sentence` is the contract's demand, or how it was broken.
    `contract` is the version that the runner says it keeps, 0 where it says none."""

    passed: bool
    sentence: str
    contract: int = 0


@dataclass(frozen=True)
class Examinee:
    """A runner that has said hello, and what the checks need beside it."""

    entry: Entry
    launch: Launch
    runner: RunnerProcess
    hello: Greeted
    clock: Clock
    system: System

    def grow(self, count: int) -> Grown:
        """Grows to a count of which there is room on any machine. A refusal breaks the check, with
        its words."""
        grown = self.runner.grow(count, 0)
        if grown.refused is not None:
            refused = grown.refused
            raise Broken(
                f"it grew to {grown.alive} of {count} units: {refused.error}: {refused.message}"
            )
        return grown


Check = Callable[[Examinee], None]


def checks(entry: Entry, launch: Launch, clock: Clock) -> Iterator[Outcome]:
    """Makes every check of the runner's contract in turn, with runners that are started so. Where
    the runner cannot even say hello, that is the only one."""
    yield (first := examine(says_hello, entry, launch, clock))
    if first.passed:
        further = CHECKS_OF_2 if first.contract > 1 else ()
        for check in (*CHECKS[1:], *further):
            yield examine(check, entry, launch, clock)


def examine(check: Check, entry: Entry, launch: Launch, clock: Clock) -> Outcome:
    """Makes one check with a fresh runner. Raises `RunnerNotStarted`."""
    demand, contract = (check.__doc__ or "").split("\n")[0], 0
    with held():  # nobody but us could end it
        runner = RunnerProcess(launch, clock)
    try:
        hello = runner.hello()
        contract = hello.contract
        check(Examinee(entry, launch, runner, hello, clock, System()))
    except Broken as broken:
        return Outcome(False, f"{demand} Instead: {broken}.", contract)
    except RunnerError as error:
        tail = f"; it said: {error.tail}" if error.tail else ""
        return Outcome(False, f"{demand} Instead: {error}{tail}.", contract)
    finally:
        runner.stop()
    return Outcome(True, demand, contract)


def says_hello(one: Examinee) -> None:
    """Says hello, unasked, with its runtime, its version and what one unit is."""
    for field in ("runtime", "version", "unit"):
        if not getattr(one.hello, field).strip():
            raise Broken(f"'{field}' was empty")


def grows_to_the_count(one: Examinee) -> None:
    """Grows to the count it is told, in several steps, and by nothing to the same count."""
    one.grow(FEW)
    one.grow(MORE)
    one.grow(MORE)


def times_its_bursts(one: Examinee) -> None:
    """Times its bursts within what they took as seen from outside."""
    began = one.clock.monotonic()
    grown = one.grow(MORE)
    took = (one.clock.monotonic() - began) * 1e9
    if not 0 < grown.burst_ns <= took:
        raise Broken(f"burst_ns was {grown.burst_ns:,}, and the reply came after {took:,.0f} ns")
    if grown.longest_spawn_ns is not None and grown.longest_spawn_ns > grown.burst_ns:
        raise Broken(f"longest_spawn_ns was {grown.longest_spawn_ns:,}, more than burst_ns")


def probes_and_leaves_the_population(one: Examinee) -> None:
    """Probes with as many latencies as it was asked for, and leaves the population as it was."""
    one.grow(FEW)
    threads = cpu.threads(one.system, one.runner.pid)
    probed = one.runner.probe(PROBED)
    if len(probed.empty_ns) != PROBED:
        raise Broken(f"empty_ns held {len(probed.empty_ns)} latencies, not {PROBED}")
    if probed.alive != FEW:
        raise Broken(f"{probed.alive} were alive after the probe, {FEW} before")
    if not all(probed.start_ns):
        raise Broken("a unit started in no time at all")
    _expect_threads(one, threads, 0, "after the probe")


def rejects_what_is_no_command(one: Examinee) -> None:
    """Answers what is no command with an error, changes nothing, and lives on."""
    one.grow(FEW)
    for command in (*NO_COMMANDS, f"grow {FEW - 1}"):
        if not one.runner.ask(command, Rejected).message:
            raise Broken(f"the error for '{command}' had no message")
    if one.grow(FEW).alive != FEW:
        raise Broken("the population had changed")


def releases_and_grows_again(one: Examinee) -> None:
    """Releases all its units, lives on, and grows again."""
    threads = cpu.threads(one.system, one.runner.pid)
    for _ in range(3):
        one.grow(MORE)
        one.runner.release(0)
    _expect_threads(one, threads, 0, "after the release")


def parks_its_units(one: Examinee) -> None:
    """Parks its units: they take no CPU and no more memory while they wait."""
    one.grow(MORE)
    if not cpu.wait_until_still(one.runner.pid, one.clock):
        raise Broken("its units spin: its CPU clock, or its memory, never stood still")
    before, began = cpu.cpu_clock_ns(one.runner.pid), one.clock.monotonic()
    one.clock.sleep(10 * LOOK_SECONDS)
    after = cpu.cpu_clock_ns(one.runner.pid)
    if before is None or after is None:
        return
    share = (after - before) / 1e9 / (one.clock.monotonic() - began)
    if share > STILL_SHARE:
        raise Broken(f"its units spin: {share:.0%} of a CPU with {MORE} units parked")


def is_of_its_kind(one: Examinee) -> None:
    """Has a kernel thread for each unit if it is of kind thread, and none if of kind task."""
    threads = cpu.threads(one.system, one.runner.pid)
    one.grow(MORE)
    _expect_threads(one, threads, MORE if one.entry.kind == "thread" else 0, f"with {MORE} units")


def keeps_prints_off_the_protocol(one: Examinee) -> None:
    """Points standard output at standard error, so that no stray print harms the protocol."""
    folder = Path(f"/proc/{one.runner.pid}/fd")
    out, err = (folder / "1").readlink(), (folder / "2").readlink()
    if out != err:
        raise Broken(f"descriptor 1 was {out}, descriptor 2 {err}")


def ends_at_an_unknown_setting(one: Examinee) -> None:
    """Ends, saying why, with a status other than 0 at a setting that it does not know."""
    _expect_end_at(one, UNKNOWN_SETTING)


def refuses_without_dying(one: Examinee) -> None:
    """Refuses when memory runs out, with its units alive (or its runtime ends it, saying why).

    Some runtimes, Go among them, end the program where no memory is left: that is no fault of the
    runner's, as long as it leaves words on standard error.
    """
    used = one.system.table(f"proc/{one.runner.pid}/status").get("VmSize", 0)
    _, hard = resource.prlimit(one.runner.pid, resource.RLIMIT_AS)
    resource.prlimit(one.runner.pid, resource.RLIMIT_AS, (used + SPARE_BYTES, hard))
    try:
        grown = one.runner.grow(ENDLESS, 0)
    except (RunnerDied, RunnerFlooded) as error:
        if not error.tail:
            raise Broken("it died without a word when memory ran out") from error
        return
    _expect_refusal(one, grown)


def ends_with_its_input(one: Examinee) -> None:
    """Ends at once when its input ends, units and all."""
    one.grow(MORE)
    _expect_end(one)


def ends_with_its_input_in_a_burst(one: Examinee) -> None:
    """Ends at once when its input ends in the middle of a burst.

    At once is before the burst is over, however long either takes on this machine. A runner that is
    refused before its input ends has no burst left to be in the middle of.
    """
    command = f"grow {ENDLESS}"
    one.runner.send(command)
    one.clock.sleep(BURST_SECONDS)
    if one.runner.has_answered():
        one.runner.answer(command, Grown, PATIENCE_SECONDS)
        return _expect_end(one)
    one.runner.close_input()
    try:
        grown = one.runner.answer(command, Grown, PATIENCE_SECONDS)
    except RunnerDied:
        return None
    except RunnerHung as error:
        raise Broken(f"it was still there {PATIENCE_SECONDS:g} s later") from error
    raise Broken(f"it went on, to {grown.alive:,} units")


def declares_its_units(one: Examinee) -> None:
    """Declares its unit kinds, `gate` among them, takes each as `unit=`, and ends at any other."""
    if not {DEFAULT_UNIT, one.entry.unit} <= {*one.hello.units}:
        raise Broken(f"'units' were {', '.join(one.hello.units) or 'none'}")
    with _started_with(one, f"unit={one.entry.unit}") as same:
        if same.hello().unit != one.hello.unit:
            raise Broken(f"another unit came with unit={one.entry.unit}")
    _expect_end_at(one, UNKNOWN_UNIT)


def rejects_what_is_no_act(one: Examinee) -> None:
    """Answers an act that it does not declare with an error, and so words that are no key=value."""
    one.grow(FEW)
    for command in (*NO_ACTS, *(f"act {act} word" for act in one.hello.acts)):
        if not one.runner.ask(command, Rejected).message:
            raise Broken(f"the error for '{command}' had no message")
    if one.grow(FEW).alive != FEW:
        raise Broken("the population had changed")


def collects_on_command(one: Examinee) -> None:
    """Performs `collect`, if it has that act, with its units alive, and as its whole command."""
    if COLLECT not in one.hello.acts:
        return
    one.grow(FEW)
    one.runner.act(COLLECT, {})
    alone = act_once(one.launch, COLLECT, {}, PATIENCE_SECONDS, one.clock)
    if alone.outcome != DONE:
        words = f"act {COLLECT} as its whole command line"
        raise Broken(f"{words} ended {alone.outcome}: {alone.output or 'without a word'}")


def holds_its_pads(one: Examinee) -> None:
    """Holds for each unit the memory that `pad` asks for, where its entry has that setting."""
    if "pad" not in one.entry.settings:
        return
    with _started_with(one, f"pad={PAD_BYTES}") as padded:
        padded.hello()
        place = f"proc/{padded.pid}/smaps_rollup"
        before = one.system.table(place).get("Anonymous")
        padded.grow(MORE, 0)
        after = one.system.table(place).get("Anonymous")
    # A little less than the pads may be new: an allocator may have had free memory.
    if before is not None and after is not None and after - before < 0.9 * MORE * PAD_BYTES:
        raise Broken(f"{MORE} units with pad={PAD_BYTES} took {after - before:,} bytes")


CHECKS: tuple[Check, ...] = (
    says_hello,
    grows_to_the_count,
    times_its_bursts,
    probes_and_leaves_the_population,
    rejects_what_is_no_command,
    releases_and_grows_again,
    parks_its_units,
    is_of_its_kind,
    keeps_prints_off_the_protocol,
    ends_at_an_unknown_setting,
    refuses_without_dying,
    ends_with_its_input,
    ends_with_its_input_in_a_burst,
)
CHECKS_OF_2: tuple[Check, ...] = (
    declares_its_units,
    rejects_what_is_no_act,
    collects_on_command,
    holds_its_pads,
)


@contextmanager
def _started_with(one: Examinee, setting: str) -> Iterator[RunnerProcess]:
    """Another runner, with this setting, for the block."""
    with held():
        other = RunnerProcess(
            replace(one.launch, command=(*one.launch.command, setting)), one.clock
        )
    try:
        yield other
    finally:
        other.stop()


def _expect_end_at(one: Examinee, setting: str) -> None:
    """That a runner that is started with the setting ends, and says why."""
    with _started_with(one, setting) as other:
        try:
            other.hello()
        except RunnerDied as error:
            if "with status 0" in str(error):
                raise Broken("its status was 0") from error
            if not error.tail:
                raise Broken("it ended without a word") from error
        else:
            raise Broken(f"it said hello when started with {setting}")


def _expect_end(one: Examinee) -> None:
    """That it ends once its input has ended."""
    one.runner.close_input()
    if not _comes_true(one, one.runner.ended):
        raise Broken(f"it was still there {PATIENCE_SECONDS:g} s later")


def _expect_refusal(one: Examinee, grown: Grown) -> None:
    if grown.refused is None or not grown.refused.error:
        raise Broken(f"it grew to {grown.alive} with no room for them")
    if not cpu.wait_until_still(one.runner.pid, one.clock):
        raise Broken("its CPU clock, or its memory, never stood still after the refusal")
    if one.runner.grow(grown.alive, 0).alive != grown.alive:
        raise Broken("its units were gone after the refusal")
    one.runner.release(0)
    one.runner.grow(FEW, 0)


def _expect_threads(one: Examinee, before: int | None, more: int, when: str) -> None:
    """That there soon are `more` kernel threads than before; a runtime may keep a few itself."""

    def now() -> int | None:
        return cpu.threads(one.system, one.runner.pid)

    def as_expected() -> bool:
        count = now()
        return before is None or count is None or more - 1 <= count - before <= more + MORE // 2

    if not _comes_true(one, as_expected):
        surplus = (now() or 0) - (before or 0)
        raise Broken(f"it had {surplus} kernel threads more {when}, {more} were expected")


def _comes_true(one: Examinee, condition: Callable[[], bool]) -> bool:
    deadline = one.clock.monotonic() + PATIENCE_SECONDS
    while not condition():
        if one.clock.monotonic() > deadline:
            return False
        one.clock.sleep(LOOK_SECONDS)
    return True
