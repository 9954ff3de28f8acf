"""Every ending of the commands that judge, by its exit code, and that the pages name no other."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from bench.cli.compare import EXIT_CODES, compare, exit_code
from bench.engine.fake import Behaviour
from bench.errors import OutnumberError
from bench.model.records import Result
from bench.signals import SIGNALS, Interrupted
from tests.support.commands import outnumber_here
from tests.support.results import Unit, result, sweep
from tests.test_ab import job, shorts
from tests.test_history_cli import nightly

ROOT = Path(__file__).parents[1]
EQUAL, BLIND, DEAD = Behaviour(), Behaviour(kernel_known=False), Behaviour(die_at=1)
AT_THE_MARGIN = {"base": Behaviour(user=990), "new": Behaviour(user=1_000)}
SLOW = Behaviour(seconds=1e-2)
TWO: dict[str, Any] = {"gate": ["bytes", "burst"], "pairs_max": 9}
BLIND_AND_SLOW = Behaviour(kernel_known=False, seconds=1e-2)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def of(command: Callable[[], int]) -> int:
    """The exit code, as the shell would see it."""
    try:
        return command()
    except OutnumberError as error:
        return error.exit_code
    except Interrupted as cut:
        return cut.exit_code


JOBS: list[tuple[str, dict[str, Any], int, int]] = [
    ("equal sides", {}, 0, 0),
    ("lighter", {"new": Behaviour(user=800)}, 0, 0),
    ("heavier", {"new": Behaviour(user=1_200)}, 1, 1),
    ("a leak", {"new": Behaviour(leak=200), "gate": (), "pairs_max": 9}, 1, 1),
    ("a slower burst, by default", {"new": SLOW, "gate": (), "pairs_max": 9}, 0, 0),
    ("a slower burst, gated", {"new": SLOW, "gate": ["burst"]}, 1, 1),
    ("just the margin", AT_THE_MARGIN, 3, 0),
    ("memory unreadable on the new side", {"new": BLIND}, 4, 4),
    ("memory unreadable on the base side", {"base": BLIND}, 4, 4),
    ("memory unreadable on either side", {"base": BLIND, "new": BLIND}, 4, 4),
    ("one of two figures unreadable", {"base": BLIND, "new": BLIND, **TWO},
     4, 4),
    ("unreadable, and not gated", {"new": BLIND, "gate": ["leak"]}, 0, 0),
    ("unreadable, and another regression", {"new": BLIND_AND_SLOW, **TWO},
     1, 1),
    ("the new side launches nothing", {"new": DEAD}, 4, 4),
    ("the base side launches nothing", {"base": DEAD}, 4, 4),
    ("neither launches anything", {"base": DEAD, "new": DEAD}, 4, 4),
    ("the time is too short", {"base": SLOW, "new": SLOW, "budget": 1.0, "pairs_max": 40}, 4, 4),
    ("too few pairs are asked for", {"pairs": 2, "pairs_max": 2}, 2, 2),
    ("a figure that is none", {"gate": ["bites"]}, 2, 2),
    *(
        (signal.Signals(number).name, {"new": Behaviour(raise_at=(500, Interrupted(number)))},
         128 + number, 128 + number)
        for number in SIGNALS
    ),
]  # fmt: skip


@pytest.mark.parametrize(("words", "wish", "code", "ok"), JOBS, ids=[one[0] for one in JOBS])
def test_every_ending_of_a_job_has_its_code(
    words: str, wish: dict[str, Any], code: int, ok: int
) -> None:
    assert words

    def ended(inconclusive_ok: bool) -> int:
        made, _ = job(**wish, force=True)
        return exit_code(made, inconclusive_ok)

    assert of(lambda: ended(False)) == code
    assert of(lambda: ended(True)) == ok


def kept(name: str, made: Result) -> Path:
    path = Path(name)
    path.write_bytes(msgspec.json.encode(made))
    return path


def of_two(base: Result, new: Result, **options: object) -> int:
    paths = kept("a.json", base), kept("b.json", new)
    return of(lambda: compare(*paths, quiet=True, **options))  # type: ignore[arg-type]


BLIND_UNIT = Unit(kernel=None, kernel_stack=None)
BLIND_RUN = result(*(sweep(unit=BLIND_UNIT, number=number) for number in range(1, 7)))
ELSEWHERE = replace(shorts(1.5), machine=replace(shorts().machine, cpu="Other CPU"))
BOTH = result(*shorts().sessions, *(replace(one, case="trio") for one in shorts().sessions))
FEW = result(*shorts().sessions[:2])
COMPARISONS: list[tuple[str, Result, Result, dict[str, object], int]] = [
    ("equal", shorts(), shorts(), {}, 0),
    ("lighter", shorts(), shorts(0.9), {}, 0),
    ("heavier", shorts(), shorts(1.1), {}, 1),
    ("too few processes", FEW, FEW, {}, 3),
    ("too few, and let pass", FEW, FEW, {"inconclusive_ok": True}, 0),
    ("a runtime that one lacks", BOTH, shorts(), {}, 3),
    ("a runtime that one lacks, let pass", BOTH, shorts(), {"inconclusive_ok": True}, 3),
    ("unreadable on one side", shorts(), BLIND_RUN, {"unlike_ok": False, "gate": ["bytes"]}, 2),
    ("unreadable on either side", BLIND_RUN, BLIND_RUN, {}, 4),
    ("unlike machines", shorts(), ELSEWHERE, {}, 2),
    ("unlike machines, all the same", shorts(), ELSEWHERE, {"unlike_ok": True}, 0),
    ("a runtime that neither has", shorts(), shorts(), {"runtime": ["gevent"]}, 2),
]


@pytest.mark.parametrize(
    ("words", "base", "new", "options", "code"), COMPARISONS, ids=[one[0] for one in COMPARISONS]
)
def test_every_ending_of_a_comparison_has_its_code(
    words: str, base: Result, new: Result, options: dict[str, object], code: int
) -> None:
    assert words
    assert of_two(base, new, **options) == code


def alarmed() -> None:
    nightly(Path.cwd())


def broken() -> None:
    """One night that cannot be read is left out."""
    nightly(Path.cwd())
    next(Path("outnumber-history").iterdir()).write_text("{")


def nothing() -> None:
    """No file at all."""


def a_run() -> None:
    kept("run.json", shorts())


def torn() -> None:
    Path("run.json").write_text("{")


TYPED: list[tuple[str, Callable[[], None], int]] = [
    ("history check", alarmed, 3),
    ("history check --fail-on none", alarmed, 0),
    ("history check --metric bytes", alarmed, 0),
    ("history check --metric bites", alarmed, 2),
    ("history check", nothing, 2),
    ("history check", broken, 3),
    ("noise run.json", a_run, 2),
    ("noise run.json", torn, 5),
    ("noise none.json", nothing, 5),
    ("noise --gate ceiling", nothing, 2),
    ("noise --pairs 1", nothing, 2),
    ("compare run.json run.json", a_run, 0),
    ("compare run.json run.json", torn, 5),
    ("compare run.json none.json", a_run, 5),
    ("compare run.json run.json --gate bites", a_run, 2),
    ("ab", nothing, 2),
    ("ab -r pthread --base-python python3 --new-python python3", nothing, 2),
    ("ab -r asyncio --base-python no-such", nothing, 2),
]


@pytest.mark.slow
@pytest.mark.parametrize(("words", "made", "code"), TYPED)
def test_every_ending_of_what_is_typed_has_its_code(
    words: str, made: Callable[[], None], code: int
) -> None:
    made()
    outnumber_here(*words.split(), code=code)


def documented(page: str, heading: str) -> set[int]:
    """The codes of a page's table of exit codes."""
    text = (ROOT / page).read_text(encoding="utf-8").partition(heading)[2]
    rows = re.findall(r"^\| (\d+(?:, \d+)*) \|", text.partition("\n## ")[0], re.MULTILINE)
    return {int(code) for row in rows for code in row.split(", ")}


def test_the_pages_name_the_codes_that_there_are() -> None:
    judged = {code for *_, code, _ in JOBS} | {code for *_, code in COMPARISONS}
    judged |= {code for *_, code in TYPED}
    assert documented("README.md", "## Exit codes") == judged | {70}
    assert documented("docs/ab.md", "## What a verdict says") == {0, 1, 2, 3, 4, 5}
    assert documented("docs/ci.md", "## Exit codes") == {0, 1, 2, 3, 4, 5, 70}
    assert set(EXIT_CODES.values()) == {0, 1, 3, 4}
