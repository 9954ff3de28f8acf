"""Every command, cut short at every call that changes a file: killed, or with a disk that is full
or broken from there. Each file is the old one or a new one, whole; what outnumber writes can be
read; the same command succeeds when it is typed again, and leaves what it would have left at once,
and nothing else.
"""

from __future__ import annotations

import dataclasses
import gc
import importlib
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from msgspec.structs import replace

import reports.digest
from bench import machine
from bench.cli import choose, main, session
from bench.cli.choose import Contenders
from bench.derive.metrics import figures
from bench.engine import ledger
from bench.engine.fake import FakeClock, FakeRig
from bench.engine.toolchain import Availability
from bench.experiments import pairs
from bench.experiments.pairs import Contender
from bench.history.store import check_line, point_of
from bench.judging import decision, looks
from bench.model.decoding import decode, encode
from bench.model.records import Result
from reports.deck import deck
from reports.digest import digest
from reports.draw import save
from reports.page import drawing, write
from reports.page.html import SIGNED
from tests.support.cutting import FREEING, Ended, Files, How, contents, cut, fill, left
from tests.support.entries import entry, targets
from tests.support.hurry import built
from tests.support.results import MACHINE, result, sweep

NOON = "2026-11-28T12:00:00+00:00"
OLD = result(*[sweep(number=number) for number in range(1, 7)])
RUN = replace(OLD, started="2026-11-24T22:00:00+00:00")


def encoded(made: Result) -> bytes:
    return encode(made) + b"\n"


@dataclass(frozen=True)
class Scene:
    """A command, what is there before, its exit code, and how many calls it makes at least. `last`
    is the file without which it is not done, and with which it is refused a second time, with exit
    code 2; without one it may be typed as often as one likes. Each time adds to the files in
    `grows`."""

    words: tuple[str, ...]
    before: Files = field(default_factory=dict)
    code: int = 0
    fewest: int = 6
    last: str | None = None
    grows: tuple[str, ...] = ()


RESULT: Files = {"r.json": encoded(RUN)}
NIGHTS: Files = {"one.json": encoded(OLD), "two.json": encoded(RUN)}
TESTED = ("--commit", "abc")
LITTLE = ("-r", "asyncio", "--max", "200", "--sweeps", "1", "--no-climb", "--seed", "1", "-q")
SCENES = {
    "run": Scene(("run", *LITTLE, "--no-report", "-o", "new.json"), fewest=15, last="new.json"),
    "run with its page": Scene(("run", *LITTLE, "-o", "r.json", "--force"), RESULT, fewest=30),
    "run over a run that was cut short": Scene(
        ("run", *LITTLE, "--no-report", "-o", "r.json"),
        {"r.json": encoded(replace(OLD, finished=None))},
        fewest=15,
        last="r.json",
    ),
    "export": Scene(("export", "r.json", "--format", "go", "-o", "new.txt"), RESULT),
    "export over an old one": Scene(
        ("export", "r.json", "--format", "pyperf", "-o", "new.txt", "--force"),
        {**RESULT, "new.txt": b"old"},
    ),
    "report": Scene(("report", "r.json"), RESULT, fewest=15),
    "report over an old one": Scene(
        ("report", "r.json"), {**RESULT, "r/report.html": b"", "r/summary.csv": b""}, fewest=15
    ),
    "slides": Scene(("slides", "r.json"), RESULT),
    "slides as pictures": Scene(("slides", "r.json", "--format", "png", "-f", "growth"), RESULT),
    "history add": Scene(("history", "add", "one.json", "two.json", *TESTED), NIGHTS, fewest=14),
    "history acknowledge": Scene(
        (
            "history",
            "acknowledge",
            "2026-11-24",
            "--reason",
            "why",
            "-r",
            "asyncio",
            "-m",
            "bytes_per_unit",
        ),
        {"outnumber-history/night.jsonl": encode(point_of(RUN, None)) + b"\n"},
    ),
    "ab": Scene(
        (
            "ab",
            "-r",
            "one",
            "--gate",
            "bytes_per_unit",
            "--at",
            "500",
            "--pairs",
            "2",
            "--pairs-max",
            "2",
            "--seed",
            "1",
            "-o",
            "here",
            "--markdown",
            "page.md",
            "-q",
            "--same-ok",
        ),
        {"summary.md": b"before\n"},
        code=3,
        fewest=40,
        last="here/verdict.json",
        grows=("summary.md",),
    ),
}


# What the commands stand on: nothing is launched or drawn, and no clock is in a file.

DIGEST = digest(RUN, figures(RUN))
DIGEST = dataclasses.replace(DIGEST, charts=DIGEST.charts[:1], tables=DIGEST.tables[:1])
PAGE = f"<html>{SIGNED} a page</html>"
ONE = entry("one")


def fake_sides(*_: object) -> Contenders:
    clock = FakeClock()
    one, other = (
        Contender(name, targets(FakeRig(clock=clock), ONE))
        for name in ("the old one", "the new one")
    )
    return Contenders((one, other))


def stage() -> None:
    """Sets up the child."""
    os.environ["COLUMNS"] = "100"
    os.environ["GITHUB_STEP_SUMMARY"] = "summary.md" if Path("summary.md").exists() else ""
    for module in (session, machine):
        put(module, "fingerprint", lambda system: MACHINE)
    put(choose, "machine_rig", lambda tools: FakeRig())
    put(choose, "availability", lambda entry, tools: Availability("1.0", None))
    put(ledger, "_now", lambda: NOON)
    put(pairs, "secrets", SimpleNamespace(token_hex=lambda count: "0" * count))
    put(main, "app", built())
    for module in (looks, decision):
        put(module, "fewest_pairs", lambda *_: 2)
    put(choose, "contenders", fake_sides)
    put(reports.digest, "digest", lambda *_: DIGEST)
    put(save, "draw", lambda *_: None)
    put(save, "rendered", lambda figure, form: f"outnumber's {form}".encode())
    put(drawing, "pictures", lambda charts: {})
    put(write, "page", lambda *_: SimpleNamespace(unlike=None, side_by_side=None))
    put(write, "html", lambda made: PAGE)
    put(write, "FORMATS", ("svg",))
    put(deck, "deck", lambda *_: b"PK a deck")


def put(module: object, name: str, value: object) -> None:
    assert hasattr(module, name)
    setattr(module, name, value)


# The cases


@dataclass
class Play:
    """A scene with what it comes to when nothing cuts it; `seen` are states from which it was typed
    again already: most cuts leave the same."""

    name: str
    scene: Scene
    place: Path
    whole: Ended = field(init=False)
    final: Files = field(init=False)
    seen: set[frozenset[tuple[str, bytes | None]]] = field(default_factory=set)
    number: int = 0

    def __post_init__(self) -> None:
        built()
        self.whole, self.final = self.typed(self.scene.before)
        for name in self.whole.loaded:  # here, so that no other child has to
            importlib.import_module(name)
        gc.freeze()

    def typed(self, before: Files, at: int = 0, how: How = "kill") -> tuple[Ended, Files]:
        self.number += 1
        folder = fill(self.place / str(self.number), before)
        ended = cut(self.scene.words, folder, stage, at, how)
        return ended, alike(contents(folder))

    def check(self, files: Files, doing: str) -> None:
        """That everything there is whole, and that the command typed once more does it all."""
        for name, content in files.items():
            if content is not None and name not in left(files):
                known = {self.scene.before.get(name), *self.whole.versions.get(name, ())}
                assert content in {alike_text(one) for one in known if one is not None}, doing
                read(name, content)
        names = {name: "unfinished" if name in left(files) else name for name in files}
        state = frozenset((names[name], files[name]) for name in files)
        if state not in self.seen:
            self.seen.add(state)
            self.type_again(files, doing)

    def type_again(self, before: Files, doing: str) -> None:
        ended, files = self.typed(before)
        last = self.scene.last
        done = last is not None and before.get(last) == self.final[last]
        assert ended.code == (2 if done else self.scene.code), f"{doing}: {ended.said}"
        there = {name: before[name] for name in before.keys() - set(left(before))}
        # A disk that failed for one file only, which the command has said, takes no verdict away.
        final = there if done and not doing.startswith("kill") else self.final
        for name in final.keys() - set(self.scene.grows):
            assert files.get(name) == final[name], f"{doing}: {name}"
        assert files.keys() == final.keys(), doing


def alike(files: Files) -> Files:
    return {name: None if one is None else alike_text(one) for name, one in files.items()}


def alike_text(content: bytes) -> bytes:
    """Without the moment at which a change was accepted."""
    return re.sub(rb'"on":"[^"]*"', b'"on":""', content)


def read(name: str, content: bytes) -> None:
    """Reads a file as outnumber would; raises where it cannot be read."""
    if name.endswith(".jsonl"):
        for line in content.splitlines():
            check_line(line)
    elif name in ("r.json", "new.json", "one.json", "two.json", "here.base.json", "here.new.json"):
        decode(content)


@pytest.fixture(scope="module", params=SCENES)
def play(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Play:
    return Play(request.param, SCENES[request.param], tmp_path_factory.mktemp("play"))


@pytest.mark.slow
def test_every_call_that_changes_a_file_is_counted(play: Play) -> None:
    ended, scene = play.whole, play.scene
    assert ended.code == scene.code, ended.said
    assert len(ended.calls) >= scene.fewest
    counted = Counter("replace" if call == "rename" else call for call in ended.calls)
    assert {name: counted[name] for name in ended.audited if name != "open"} == {
        name: times for name, times in ended.audited.items() if name != "open"
    }
    assert counted["open"] >= ended.audited["open"] > 0
    assert counted["write"] >= counted["replace"] + counted["link"] > 0
    assert counted["fsync"] > counted["replace"] + counted["link"]
    assert left(play.final) == []


@pytest.mark.slow
@pytest.mark.parametrize("how", get_args(How))
def test_a_command_that_is_cut_short_leaves_old_or_new_and_can_be_typed_again(
    play: Play, how: How
) -> None:
    for number in play.whole.cuts(how):
        call = play.whole.calls[number - 1]
        doing = f"{how} at {call}, call {number} of {len(play.whole.calls)}"
        ended, files = play.typed(play.scene.before, number, how)
        if how == "kill":
            assert ended.code == -9, f"{doing}: {ended.said}"
        else:
            assert ended.code in (play.scene.code, 2, 4), f"{doing}: {ended.said}"
            assert ended.code == play.scene.code or ended.said, doing
            assert call in FREEING or left(files) == [], doing
        play.check(files, doing)
