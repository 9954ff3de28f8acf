"""Every kind of sweep, broken at every stage and for every reason, in everything that reads it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

import msgspec
import pytest
from msgspec.structs import replace

from bench.cli.export import Format
from bench.derive.metrics import figures
from bench.model.records import Result, Session, Side, Status
from bench.probes.memory import GONE
from reports.digest import digest
from reports.page import sheets
from reports.page.model import Picture, page
from reports.wording.runs import PURPOSES as WORDS
from tests.support.commands import outnumber_here
from tests.support.results import altered, leak_sweep, result, sweep

PURPOSES = ("climb", "short", "burst", "leak")
STATUSES: tuple[Status, ...] = get_args(Status)
# How far a sweep got: it never said hello, launched nothing, finished some of its steps, launched
# one more but did not measure it, or finished all.
STAGES = ("no hello", "no step", "some steps", "one not measured", "every step")
SOUND: dict[str, Session] = {
    "climb": sweep((100, 1_000, 10_000), purpose="climb"),
    "short": sweep(),
    "burst": sweep((100_000,), purpose="burst"),
    "leak": leak_sweep(0.0),
}


def broken(purpose: str, status: Status, stage: str) -> Session:
    """A sweep that ended so, at that stage."""
    whole = SOUND[purpose]
    half, all_ = len(whole.steps) // 2, len(whole.steps)
    kept = {"some steps": half, "one not measured": half + 1, "every step": all_}.get(stage, 0)
    steps = whole.steps[:kept]
    if stage == "one not measured":
        unknown = altered(steps[-1], memory=GONE, latencies=None, release_seconds=None)
        steps = (*steps[:-1], unknown)
    reached = steps[-1].alive if steps else 0
    signal = "SIGKILL" if status == "killed" else None
    return replace(
        whole,
        steps=steps,
        stop=replace(whole.stop, status=status, count=reached, signal=signal),
        hello=None if stage == "no hello" else whole.hello,
        baseline=None if stage == "no hello" else whole.baseline,
    )


CASES = [
    (purpose, broken(purpose, status, stage))
    for purpose, status, stage in itertools.product(PURPOSES, STATUSES, STAGES)
]
IDS = ["-".join(words) for words in itertools.product(PURPOSES, STATUSES, STAGES)]


def job(base: Iterable[Session], new: Iterable[Session]) -> tuple[Result, Result]:
    """The two sides of a job with these sweeps."""

    def side(name: Literal["base", "new"], sweeps: Iterable[Session]) -> Result:
        which = Side(job="a", name=name, subject=name, looks=(13, 20, 40))
        return replace(result(*sweeps), side=which)

    return side("base", base), side("new", new)


def whole(purpose: str, last: int = 13) -> list[Session]:
    """Sound sweeps of the rounds after the first."""
    return [replace(SOUND[purpose], round=number) for number in range(2, last + 1)]


# Why it ended is read of climbs alone; of the others a page and a comparison read the steps.
JUDGED = [(kind, one) for kind, one in CASES if kind == "climb" or one.stop.status == "failed"]


@pytest.mark.parametrize(("purpose", "one"), CASES, ids=IDS)
def test_a_page_shows_a_broken_sweep(purpose: str, one: Session) -> None:
    shown_on_a_page(purpose, one, [])


@pytest.mark.parametrize(("purpose", "one"), JUDGED)
def test_a_page_shows_a_broken_sweep_beside_whole_ones(purpose: str, one: Session) -> None:
    shown_on_a_page(purpose, one, [sweep for p in PURPOSES for sweep in whole(p, 6)])


def shown_on_a_page(purpose: str, one: Session, others: list[Session]) -> None:
    made = result(one, *others)
    told = digest(made, figures(made))
    blank = dict.fromkeys((chart.name for chart in told.charts), Picture(*["data:,"] * 4))
    assert page([told], ["run"], [blank]).views[0].finding
    assert page([told, told], ["a", "b"], [blank, blank]).several
    rows = sheets.endings(told).table.words
    if one.stop.status in sheets.BROKEN:
        assert any(WORDS[purpose] in row[1] for row in rows)


@pytest.mark.parametrize(("purpose", "one"), JUDGED)
@pytest.mark.parametrize("side", ["base", "new", "both"])
def test_a_comparison_judges_what_is_left(
    tmp_path: Path, purpose: str, one: Session, side: str
) -> None:
    torn, sound = [one, *whole(purpose)], [replace(SOUND[purpose], round=1), *whole(purpose)]
    results = job(sound if side == "new" else torn, sound if side == "base" else torn)
    paths = [tmp_path / f"{name}.json" for name in ("base", "new")]
    for path, made in zip(paths, results, strict=True):
        path.write_bytes(msgspec.json.encode(made))
    assert outnumber_here("compare", *map(str, paths), code=None).returncode in (0, 3, 4)


COMMANDS = (
    *(("summary", "RESULT", "--format", form) for form in ("table", "json", "csv", "markdown")),
    *(("explain", "RESULT", "--format", form) for form in ("text", "markdown")),
    *(("export", "RESULT", "--format", form) for form in get_args(Format)),
    ("history", "add", "RESULT", "--folder", "HISTORY"),
    ("history", "show", "--folder", "HISTORY"),
    ("history", "check", "--folder", "HISTORY"),
)


def every_broken(purpose: str) -> list[Session]:
    """Each broken sweep of this kind, in a round of its own."""
    found = [one for kind, one in CASES if kind == purpose]
    return [replace(one, round=number) for number, one in enumerate(found, start=1)]


@pytest.mark.slow
@pytest.mark.parametrize("purpose", PURPOSES)
def test_no_command_that_reads_a_result_stumbles_over_broken_sweeps(
    tmp_path: Path, purpose: str
) -> None:
    path = tmp_path / "x.base.json"
    path.write_bytes(msgspec.json.encode(job(every_broken(purpose), [])[0]))
    places = {"RESULT": str(path), "HISTORY": str(tmp_path / "nights")}
    for words in COMMANDS:
        done = outnumber_here(*(places.get(word, word) for word in words), code=None)
        assert done.returncode in (0, 2, 3, 4), (words, done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["report", "slides"])
def test_every_broken_sweep_together_is_drawn(tmp_path: Path, command: str) -> None:
    path = tmp_path / "x.base.json"
    torn = [one for purpose in PURPOSES for one in every_broken(purpose)]
    path.write_bytes(msgspec.json.encode(job(torn, [])[0]))
    outnumber_here(command, str(path), "-o", str(tmp_path / "out.pptx"))
