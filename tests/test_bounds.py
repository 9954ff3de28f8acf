"""Everything that can be written can be read: the bounds of replies, of records and of limits."""

from __future__ import annotations

import json
import random
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from bench.engine import protocol
from bench.engine.budget import Bounds, Forecast, Job
from bench.engine.fake import Behaviour, FakeMonitor, FakeRig, FakeRunner
from bench.engine.ledger import Ledger
from bench.engine.protocol import AnyReply, Greeted, Grown, Probed, Released
from bench.engine.rig import MeasuredRunner
from bench.errors import MeasureError, UsageError
from bench.history.store import VERSION, Acknowledgement, acknowledge
from bench.limits.model import LimitState, Survey
from bench.limits.predict import NO_RESERVES, predict
from bench.machine import limits
from bench.model import file as result_file
from bench.model.file import ResultFile, load
from bench.model.records import MOST, Plan, Session
from bench.system import System
from runners.catalogue import CatalogueError, Entry, stranger
from tests.support.anything import STRANGE_INTEGERS, STRANGE_TEXTS, TEXTS, Maker
from tests.support.commands import COMMAND, little
from tests.support.commands import stranger as stranger_file
from tests.support.entries import entry
from tests.support.results import MACHINE, altered, result, runtime, sweep
from tests.support.sessions import session

# Replies

NUMBERS = (0, 1, 1000, 2**31, MOST - 1, MOST, *STRANGE_INTEGERS, 1.5, True, None, "7", 1e400)
R = TypeVar("R", bound=AnyReply)
WORDS = (*TEXTS, *STRANGE_TEXTS)


@dataclass
class Babbler(FakeRunner):
    """A runner that answers by chance, until the protocol accepts it; `refused` counts the rest."""

    dice: random.Random = field(default_factory=random.Random)
    refused: int = 0

    def hello(self) -> Greeted:
        return self._said(Greeted, lambda: {
            "reply": "hello", "contract": 1, "runtime": self._word(), "version": self._word(),
            "unit": self._word(), "facts": {self._word(): self._word() for _ in range(3)},
        })  # fmt: skip

    def grow(self, count: int, foretold_seconds: float) -> Grown:  # noqa: ARG002
        before, self.alive = self.alive, count
        refuses = self.dice.random() < 0.2
        self.alive = self.dice.randrange(before, count) if refuses else count
        return self._said(Grown, lambda: {
            "reply": "grow", "alive": self.alive, "burst_ns": self._number(),
            "longest_spawn_ns": self._number(), "gc_ns": self._number(),
            "refused": self._refusal() if refuses else None,
        })  # fmt: skip

    def probe(self, count: int) -> Probed:
        return self._said(Probed, lambda: {
            "reply": "probe", "alive": self._number(),
            "start_ns": [self._number() for _ in range(min(count, 2))],
            "empty_ns": [self._number() for _ in range(2)],
        })  # fmt: skip

    def release(
        self,
        foretold_seconds: float,  # noqa: ARG002
        ended: Callable[[], None] | None = None,  # noqa: ARG002
    ) -> Released:
        self.alive = 0
        return self._said(
            Released, lambda: {"reply": "release", "alive": 0, "release_ns": self._number()}
        )

    def _refusal(self) -> dict[str, object]:
        return {"error": self._word(), "message": self._word(), "errno": self._number()}

    def _number(self) -> object:
        return self.dice.choice(NUMBERS if self.dice.random() < 0.2 else NUMBERS[:6])

    def _word(self) -> str:
        return self.dice.choice(WORDS if self.dice.random() < 0.2 else TEXTS)

    def _said(self, kind: type[R], say: Callable[[], object]) -> R:
        while True:
            try:
                reply = protocol.parse(json.dumps(say()).encode(), 1)
            except protocol.ProtocolError:
                self.refused += 1
            else:
                assert isinstance(reply, kind)
                return reply


@dataclass
class BabblingRig(FakeRig):
    """Starts one such runner, `runner`."""

    seed: int = 0

    @contextmanager
    def start(
        self,
        entry: Entry,
        settings: dict[str, str],  # noqa: ARG002
        most: int = 10**9,  # noqa: ARG002
    ) -> Iterator[MeasuredRunner]:
        self.runner = Babbler(entry, Behaviour(), self.clock, dice=random.Random(self.seed))
        yield MeasuredRunner(self.runner, FakeMonitor(self.runner))


def ledger() -> Ledger:
    plan = Plan(sweeps=6, seed=1, climb=True, settings={"python": "/a/\udcff/python"})
    return Ledger("run", MACHINE, plan, (runtime("asyncio"),), lambda result: None)


def test_every_reply_that_the_protocol_accepts_can_be_saved_and_read(tmp_path: Path) -> None:
    refused = 0
    with ResultFile.open(tmp_path / "r.json") as file:
        kept = ledger()
        for seed in range(150):
            rig = BabblingRig(seed=seed)
            job = Job(entry("asyncio"), "short", seed, (10, 300, 1000))
            kept.add(session(job, rig, Bounds(1000, "max", "")))
            refused += rig.runner.refused
        file.save(kept.result)
    again = load(file.path)
    assert len(again.sessions) == 150
    assert not [one for one in again.sessions if "cannot be recorded" in one.stop.message]
    assert {one.stop.status for one in again.sessions} == {"max", "refused"}
    assert refused > 150


# Records


def test_whatever_an_experiment_hands_over_the_file_can_be_read(tmp_path: Path) -> None:
    maker = Maker(1, strange=True)
    with ResultFile.open(tmp_path / "r.json") as file:
        kept = ledger()
        for number in range(400):
            made: Session = maker.make(Session)
            seconds = {"seconds": 1.0, "started_seconds": 1.0}
            kept.add(replace(made, case="asyncio", round=number, **seconds))
        file.save(kept.result)
    messages = [one.stop.message for one in load(file.path).sessions]
    assert len(messages) == 400
    assert 0 < sum("cannot be recorded" in message for message in messages) < 400


def test_what_is_within_bounds_is_kept_as_it_is(tmp_path: Path) -> None:
    sweeps = [
        replace(made, case="asyncio", round=number)
        for number in range(200)
        if not (made := Maker(number, strange=False).make(Session)).steps
    ]
    with ResultFile.open(tmp_path / "r.json") as file:
        kept = ledger()
        for one in sweeps:
            kept.add(one)
        file.save(kept.result)
    assert list(load(file.path).sessions) == sweeps
    assert len(sweeps) > 20


@pytest.mark.parametrize(("name", "value"), [("LARGEST_BYTES", 5_000), ("MOST_SESSIONS", 1)])
def test_a_result_that_no_reader_takes_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    monkeypatch.setattr(result_file, name, value)
    small = result(sweep((10,)))
    with ResultFile.open(tmp_path / "r.json") as file:
        file.save(small)
        with pytest.raises(MeasureError, match="what was saved before is kept"):
            file.save(result(*(sweep((10,), number=number) for number in range(20))))
    assert load(file.path) == small


def test_half_a_character_in_a_name_is_shown_and_stops_nothing(tmp_path: Path) -> None:
    one = Acknowledgement(history=VERSION, point="0" * 16, reason="\udcff", on="2026-11-01")
    path = acknowledge(tmp_path / "nights", one)
    assert path is not None
    assert b"\\\\udcff" in path.read_bytes()


def test_a_night_that_could_not_be_read_again_is_refused(tmp_path: Path) -> None:
    one = Acknowledgement(history=VERSION, point="0" * 16, reason="x" * 20_000, on="2026-11-01")
    with pytest.raises(UsageError, match=r"a history cannot hold that: .*reason"):
        acknowledge(tmp_path / "nights", one)
    assert list((tmp_path).iterdir()) == []


# Limits


@pytest.mark.parametrize("value", [MOST, 2**63 - 1, 2**64 - 1, 9223372036854771712])
def test_a_limit_that_is_larger_than_anything_is_none(value: int) -> None:
    one = LimitState("RLIMIT_AS", "address space", value, 10)
    assert (one.value, one.known) == (None, True)
    assert LimitState("RLIMIT_AS", "address space", 10, value).use is None


def test_more_units_than_anybody_counts_is_no_prediction() -> None:
    one = LimitState("address space", "address space", 2**47, 10)
    (row,) = predict(Survey(1_000, (one,)), {"address space": 1e-3}, NO_RESERVES).rows
    assert (row.units, row.kept) == (None, None)


def test_the_fingerprint_calls_such_a_limit_unlimited(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/limits").write_text(
        "Max address space         9223372036854775807  unlimited            bytes\n"
        "Max open files            1024                 4096                 files\n"
    )
    found = limits(System(tmp_path))
    assert (found["RLIMIT_AS"], found["RLIMIT_NOFILE"]) == ("unlimited", "1024")


@pytest.mark.slow
def test_a_run_under_the_largest_limit_that_is_one_can_be_read(tmp_path: Path) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2**63 - 1, resource.RLIM_INFINITY))

    path = tmp_path / "r.json"
    words = [*COMMAND, *little(stranger_file(tmp_path)), "-q", "-o", str(path)]
    subprocess.run(words, check=True, preexec_fn=limited)
    assert load(path).machine.limits["RLIMIT_AS"] == "unlimited"
    assert {
        one.value for s in load(path).sessions for one in s.limits if one.name == "RLIMIT_AS"
    } <= {None}


# A stranger's own numbers


@pytest.mark.parametrize(
    "guess",
    ["seconds = inf", "seconds = nan", "seconds = 0.0", "seconds = -1.0", "seconds = 1e300",
     "bytes = inf", "bytes = nan", "bytes = 0.0"],
)  # fmt: skip
def test_a_guess_out_of_bounds_is_refused(tmp_path: Path, guess: str) -> None:
    file = stranger_file(tmp_path)
    file.write_text(f"{file.read_text()}[guess]\n{guess}\n")
    with pytest.raises(CatalogueError, match=rf"guess.{guess.split()[0]}"):
        stranger(file)


def test_a_burst_that_took_no_time_divides_nothing() -> None:
    forecast = Forecast.of(entry("asyncio"))
    step = altered(sweep((10_000,)).steps[0], burst_seconds=0.0)
    for _ in range(2):
        forecast = forecast.learned(None, step).released(10_000, 0.0)
    assert 0 < forecast.burst_seconds(10_000) < 1
    assert 0 < forecast.release_seconds(10_000) < 1
