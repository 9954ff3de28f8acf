"""No text of a file, a runner, a name or a setting reaches a terminal or a build's log as it is.

The texts are put, one place after another, into everything that a command reads. What comes out may
hold no control character, no mark of direction, no line that a CI system obeys, and no line that
only looks like one of ours, since a message is one line however many its file had.
"""

from __future__ import annotations

import copy
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from bench.cli.configured import KEYS as CONFIGURED
from bench.cli.export import Format
from bench.cli.streams import Guarded
from bench.history.store import Acknowledgement
from bench.judging.gates import BURST
from tests.support.commands import outnumber_here
from tests.support.histories import point
from tests.support.results import leak_sweep, result, sweep, whole_run
from tests.support.scripts import script

ROOT = Path(__file__).parents[1]
FORGED = "outnumber: no regression"
HOSTILE = (
    f"X\n::error::pwned\n{FORGED}\r  ::warning::y\x1b[2J\x1b]0;t\x07\u202e\u2066\x9b##[error]"
    "##vso[task]\u2028::stop-commands::z\x85\udce9[/][bold]`$(id)`"
)
WRITTEN = HOSTILE.encode("utf-8", "replace").decode()  # as a file can hold it: no half characters
GOOD = msgspec.to_builtins(result(sweep(), leak_sweep(0.0)))
FIXED = {"kind", "purpose", "status", "measure", "command", "started", "finished"}
EXPECTED_CODES = (0, 1, 2, 3, 4, 5)

Place = tuple[str | int, ...]


def harm_in(text: str) -> list[str]:
    """What of a command's output does harm."""
    found = [
        f"{character!r} in {line!r}"
        for line in text.split("\n")
        for character in line
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    ]
    lines = text.split("\n")
    found += [repr(line) for line in lines if line.lstrip().startswith("::")]
    found += [repr(line) for line in lines if re.search(r"##\w*\[", line)]
    return found


def typed(*words: str) -> str:
    """All that a command prints; whatever its exit code is, it is not that of a fault of ours."""
    done = outnumber_here(*words, code=None)
    assert done.returncode in EXPECTED_CODES, done.stderr
    return done.stdout + done.stderr


def texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, bool]]:
    """The first place of each kind where a file holds a text, and whether it is a key."""
    seen = set()
    for found, is_key in _texts(value, place):
        kind = (tuple("*" if isinstance(step, int) else step for step in found), is_key)
        if kind not in seen:
            seen.add(kind)
            yield found, is_key


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, bool]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*place, key), True
            yield from _texts(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*place, number))
    else:
        yield place, False


def replaced(value: Any, place: Place, is_key: bool) -> Any:
    """A copy with the hostile text there."""
    made = copy.deepcopy(value)
    inner = made
    for step in place[:-1]:
        inner = inner[step]
    if is_key:
        inner[WRITTEN] = inner.pop(place[-1])
    else:
        inner[place[-1]] = WRITTEN
    return made


def filled(value: Any, named: bool = False) -> Any:
    """A copy in which the text is added to every other that no type fixes; what was the same, stays
    so. `named`: the keys are a stranger's too."""
    if isinstance(value, dict):
        return {
            f"{key}{WRITTEN}" if named else key: inner
            if key in FIXED
            else filled(inner, key in ("settings", "limits", "facts"))
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [filled(inner) for inner in value]
    return f"{value}{WRITTEN}" if isinstance(value, str) else value


def refuse_harm(said: str) -> None:
    assert harm_in(said) == []
    assert f"\n{FORGED}" not in said


@pytest.fixture(autouse=True)
def _wide_and_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is too long is broken anywhere, and then may begin with anything."""
    monkeypatch.setenv("COLUMNS", "5000")
    monkeypatch.chdir(tmp_path)


def shown(name: str) -> tuple[tuple[str, ...], ...]:
    """Every command that prints what a result holds; a page and a deck are files."""
    return (
        *(("summary", name, "--format", form) for form in ("table", "csv", "markdown", "json")),
        *(("explain", name, "--format", form) for form in ("text", "markdown")),
        ("compare", "good.json", name),
        ("compare", "good.json", name, "--unlike-ok"),
        *(("export", name, "--format", form) for form in get_args(Format)),
        ("noise", name),
        ("history", "add", name),
        ("history", "show"),
        ("history", "check"),
        ("history", "check", "--format", "markdown"),
    )


@pytest.mark.parametrize(("place", "is_key"), [*texts(GOOD)])
def test_a_result_with_it_in_one_place(place: Place, is_key: bool) -> None:
    Path("bad.json").write_text(json.dumps(replaced(GOOD, place, is_key)))
    refuse_harm(typed("summary", "bad.json"))
    refuse_harm(typed("history", "add", "bad.json"))


@pytest.mark.slow
def test_a_result_that_is_sound_and_has_it_in_every_text() -> None:
    Path("good.json").write_text(json.dumps(GOOD))
    Path("bad.json").write_bytes(msgspec.json.encode(filled(msgspec.to_builtins(whole_run()))))
    for words in shown("bad.json"):
        assert harm_in(typed(*words)) == []  # a table's narrow column may break a line anywhere


NIGHT = msgspec.to_builtins(point(0, {("asyncio", BURST): 1e-5}))
ACCEPTED = msgspec.to_builtins(
    Acknowledgement(history=2, point=NIGHT["id"], reason="so", on="2026-09-01", case="asyncio")
)


@pytest.mark.parametrize(
    ("line", "place", "is_key"),
    [(line, *found) for line in (NIGHT, ACCEPTED) for found in texts(line)],
)
def test_a_history_with_it_in_one_place(line: Any, place: Place, is_key: bool) -> None:
    Path("nights").mkdir()
    lines = [NIGHT, replaced(line, place, is_key)]
    Path("nights/one.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    for command in ("check", "show"):
        refuse_harm(typed("history", command, "--folder", "nights"))


ENTRY = {
    "name": "strange",
    "label": "strange unit",
    "kind": "task",
    "language": "sh",
    "source": "x.c",
    "build": ["false", "{output}"],
    "command": ["false"],
    "settings": ["a"],
    "needs": ["command:sh"],
    "missing": "apt install x",
    "default": True,
    "sweep_to": 5,
    "guess": {"seconds": 1.0, "bytes": 2.0},
}


@pytest.mark.parametrize(("place", "is_key"), [*texts(ENTRY)])
def test_an_entry_with_it_in_one_place(place: Place, is_key: bool) -> None:
    Path("x.c").write_text("")
    Path("one.toml").write_text(toml(replaced(ENTRY, place, is_key)))
    for words in (
        ("run", "--runner", "one.toml", "--dry-run"),
        ("runtimes", "--check", "one.toml"),
        ("ab", "--base-runner", "one.toml", "--new-runner", "one.toml", "-o", "job"),
    ):
        refuse_harm(typed(*words))


KEYS = [(key, value) for key in CONFIGURED for value in (WRITTEN, [WRITTEN], {WRITTEN: 1})]


@pytest.mark.parametrize(("key", "value"), [*KEYS, (WRITTEN, 1)])
def test_a_project_that_configures_it(key: str, value: object) -> None:
    Path("pyproject.toml").write_text(toml({"tool": {"outnumber": {key: value}}}))
    refuse_harm(typed("ab", "--new-set", "stack-size=65536"))
    Path("pyproject.toml").write_text(f"[tool.outnumber]\n{key} = {WRITTEN}")
    refuse_harm(typed("ab"))


NAME = "".join(c for c in HOSTILE if c != "/")


@pytest.mark.parametrize("content", [None, "{"])
@pytest.mark.parametrize(
    "words",
    [
        ("summary", NAME),
        ("explain", NAME),
        ("report", NAME, "-o", f"{NAME}.d"),
        ("slides", NAME, "-o", f"{NAME}.pptx"),
        ("compare", NAME, NAME, "--markdown", f"{NAME}.md"),
        ("export", NAME, "--format", "pyperf", "-o", f"{NAME}.out"),
        ("noise", NAME),
        ("history", "add", NAME, "--folder", f"{NAME}.history", "--commit", NAME),
        ("history", "check", "--folder", NAME),
        ("history", "acknowledge", NAME, "--folder", NAME, "--reason", NAME),
        ("run", "--runner", NAME, "--dry-run"),
        ("run", "-r", NAME),
        ("run", "--python", NAME),
        ("run", "--max", NAME),
        ("runtimes", "--check", NAME),
        ("ab", "-r", "asyncio", "--new-python", NAME),
        ("ab", "-r", "asyncio", "--new-set", NAME),
        ("ab", "-r", "asyncio", "--gate", NAME),
        ("limits", "-r", NAME),
        (NAME,),
        (f"--{NAME}",),
    ],
)
def test_words_and_names_of_files(words: tuple[str, ...], content: str | None) -> None:
    if content is not None:
        Path(NAME).write_text(content, encoding="utf-8")
    assert harm_in(typed(*words)) == []


def reply(**fields: object) -> str:
    return f"say({json.dumps(json.dumps(fields))})"


HELLO = {"reply": "hello", "contract": 1, "runtime": "x", "version": "1", "unit": "u", "facts": {}}
GROWN = {"reply": "grow", "alive": 0, "refused": {"error": WRITTEN, "message": WRITTEN}}
SAID = f"sys.stderr.write({WRITTEN!r}); sys.stderr.flush()"


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        f"{SAID}; sys.exit(3)",
        f"sys.stdout.write({WRITTEN!r})",
        reply(**{**HELLO, "contract": 7}),
        reply(**{**HELLO, "reply": WRITTEN}),
        reply(**{**HELLO, "version": WRITTEN, "unit": WRITTEN, "facts": {WRITTEN: WRITTEN}})
        + f"\nsys.stdin.readline(); {SAID}; sys.exit(3)",
        f"say(HELLO); sys.stdin.readline(); {reply(reply='error', message=WRITTEN)}",
        f"say(HELLO); sys.stdin.readline(); {reply(**GROWN, burst_ns=5)}; sys.stdin.readline()",
    ],
)
def test_what_a_runner_says(tmp_path: Path, body: str) -> None:
    entry = {**ENTRY, "needs": [], "command": script(tmp_path, body)}
    entry = {key: value for key, value in entry.items() if key not in ("source", "build")}
    Path("one.toml").write_text(toml(entry))
    for words in (
        ("run", "--runner", "one.toml", "--max", "10", "--sweeps", "1", "--no-report"),
        ("limits", "--runner", "one.toml"),
    ):
        assert harm_in(typed(*words)) == []
    if "contract" in body:  # of the checks, only the first is made
        refuse_harm(typed("runtimes", "--check", "one.toml"))


def toml(value: Any) -> str:
    """As TOML, whose basic strings are those of JSON."""
    return "".join(f"{_inline(key)} = {_inline(inner)}\n" for key, inner in value.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{_inline(key)} = {_inline(inner)}" for key, inner in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def test_all_that_is_printed_goes_through_the_guarded_streams() -> None:
    """Nothing opens a way around them: no console of rich's own, no descriptor, no raw bytes."""
    around = re.compile(
        r"rich\.console import .*\bConsole\b|\.buffer\b|os\.write\(|__std(out|err)__|/dev/(tty|std)"
    )
    found = {
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for part in ("bench/cli", "reports")
        for file in (ROOT / part).rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if around.search(line) and file.name not in ("console.py", "streams.py")
    }
    words = "from rich.console import Console, ConsoleOptions, RenderResult"
    assert found == {f"reports/tables/columns.py: {words}"}


@pytest.mark.parametrize("size", range(1, 8))
def test_no_command_comes_about_by_pieces(size: int) -> None:
    text = "a\n ::error::x ##[group]y ##vso[z] ##a##b[c\n\t::\n:\n:: ::"
    out = io.StringIO()
    guarded = Guarded(out)
    for place in range(0, len(text), size):
        guarded.write(text[place : place + size])
    assert harm_in(out.getvalue().replace("\t", "")) == []
    assert out.getvalue().replace("\\", "") == text
