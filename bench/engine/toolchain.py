"""The tools of this machine: whether a runtime can run with them, and what to type where it cannot.

Needs are met by files that are there, so that one can look met and still fail when it is used; the
runner's own words are shown then. Nothing is started, but an interpreter that was given, which is
asked what it is and where it finds its modules.
"""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.metadata
import os
import re
import shutil
import site
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import msgspec

from bench.engine import children
from bench.model.records import CaseRecord
from runners.catalogue import Entry, Tool, shipped

OLDEST_PYTHON = "3.9"
ANSWER_SECONDS = 20.0
# Asked of an interpreter of any age: what it is, where it finds modules, and the versions of some.
QUESTION = """
import sys
sys.path[:] = [place for place in sys.path if place]  # not where the command was typed
import json
implementation = getattr(sys, 'implementation', None)
known = {}
try:
    from importlib import metadata, util
    for name in sys.argv[1:]:
        found = util.find_spec(name)
        if found is not None and found.origin is not None:
            known[name] = None
            for one in metadata.distributions(name=name):
                known[name] = one.version
                break
except ImportError:
    pass
name = implementation.name if implementation else 'cpython'
answer = {'name': name, 'version': sys.version.split()[0], 'path': sys.path, 'modules': known}
sys.stdout.write('outnumber ' + json.dumps(answer))
"""
IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}


@dataclass(frozen=True)
class Tools:
    """The interpreter that runs Python runners, and where other tools are looked for.

    An interpreter's path is never resolved: following the symlink leaves its environment. Tools of
    the wheels in the environment of one that `was_asked_for` come first, as its modules do, and no
    other is taken in their place; then those on PATH, then those of the wheels beside outnumber.
    `given` are paths to take instead of all these, by a tool's name. `variables` are those that
    runners are to have beside ours.
    """

    python: str
    was_asked_for: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def words(self, entry: Entry) -> dict[str, str]:
        """What `{python}` and the place of each tool stand for in the words of an entry."""
        found = {name: self.program(name, entry) or name for name in entry.programs}
        return {"python": self.python, **found}

    def program(self, name: str, entry: Entry) -> str | None:
        """The first of these tools that is new enough for the entry; if none is, the first."""
        tool = entry.programs[name]
        found = self.given[name] if name in self.given else self._found(tool)
        fit = (one for one in found if is_new_enough(tool_version(tool, one), _least(name, entry)))
        return next(fit, next(iter(found), None))

    def _found(self, tool: Tool) -> tuple[str, ...]:
        asked = interpreter(self.python) if self.was_asked_for else None
        beside = _in_wheel(tool, map(Path, asked.path)) if asked else None
        if beside is not None:
            return (beside,)
        ours = _in_wheel(tool, map(Path, sys.path))
        on_path = next(filter(None, map(shutil.which, tool.find)), None)
        if ours and on_path and Path(on_path).parent == Path(sys.executable).parent:
            on_path = None  # the wheel's own script, which stands in no toolchain's folder
        return tuple(filter(None, (on_path, ours)))


@dataclass(frozen=True)
class Availability:
    """`reason` is `None` where the runtime can run, else a sentence with what to type."""

    version: str | None
    reason: str | None


def find_tools(
    python: str | None = None, variables: Mapping[str, str] = MappingProxyType({})
) -> Tools:
    """The tools of this machine, with the interpreter that was asked for, or else ours."""
    return Tools(python or sys.executable, python is not None, variables)


def availability(entry: Entry, tools: Tools) -> Availability:
    """Whether `entry` can run with `tools`, and which version it has, as far as that can be told
    without starting anything."""
    lacked = {name: why for name in entry.programs if (why := _lacks_tool(name, entry, tools))}
    others = (need for need in entry.needs if need.partition(":")[0] not in entry.programs)
    absent = [*lacked.values(), *filter(None, (_lacks(need, entry, tools) for need in others))]
    if absent:
        typed = [entry.missing] if entry.missing else [entry.programs[n].missing for n in lacked]
        hint = _hint(" and ".join(dict.fromkeys(filter(None, typed))))
        return Availability(None, f"{' and '.join(absent)}{hint}")
    for need in entry.needs:
        kind, _, name = need.partition(":")
        if kind == "module":
            return Availability(_module_version(name, tools), None)
        if kind in entry.programs and (program := tools.program(kind, entry)):
            return Availability(tool_version(entry.programs[kind], program), None)
    ours = entry.needs == ("python",) and tools.python == sys.executable
    return Availability(f"CPython {sys.version.split()[0]}" if ours else None, None)


def case_of(entry: Entry, available: Availability) -> CaseRecord:
    """What a result says of the case: the catalogue's facts, and whether it can run here."""
    return CaseRecord(
        runtime=entry.runtime,
        unit=entry.unit,
        label=entry.label,
        kind=entry.kind,
        language=entry.language,
        version=available.version,
        reason=available.reason,
        collector=entry.collector,
        by_python=entry.by_python,
        leak_margin=entry.leak_margin,
    )


def lacking(entry: Entry, said: str) -> str | None:
    """What a runner that ended lacked, by its last words, with what to type: a module that only its
    interpreter could say that it has not. `None` where it ended for anything else."""
    for need in entry.needs:
        kind, _, name = need.partition(":")
        if kind == "module" and f"No module named '{name}'" in said:
            return f"its interpreter has no module {name}{_hint(entry.missing)}"
    return None


def _hint(missing: str) -> str:
    return f"; type: {missing}" if missing else ""


def _lacks_tool(name: str, entry: Entry, tools: Tools) -> str | None:
    """What is wrong with a tool that the entry needs; `None` where nothing is."""
    tool, found, least = entry.programs[name], tools.program(name, entry), _least(name, entry)
    if found is None:
        *others, last = tool.find
        either = f"{', '.join(others)} or {last}" if others else last
        wheel = ", nor in a Python wheel" if tool.wheel else ""
        return f"no {tool.label} ({either}) on PATH{wheel}"
    version = tool_version(tool, found)
    if is_new_enough(version, least):
        return None
    return f"{found} is {version}, and the runner needs {name} {least} or newer"


def _lacks(need: str, entry: Entry, tools: Tools) -> str | None:
    """What is wrong with any other need; `None` where it is met."""
    kind, _, name = need.partition(":")
    match kind:
        case "python":
            if tools.python == sys.executable:  # which runs, and may start nothing else at a limit
                return None
            known = interpreter(tools.python)
            if known is not None and is_new_enough(known.version, OLDEST_PYTHON):
                return None
            what = known.words if known else "no interpreter that can be run"
            return f"{tools.python} is {what}; expected Python {OLDEST_PYTHON} or newer"
        case "module":
            if _has_module(name, tools):
                return None
            return f"{tools.python} has no module {name}{_where_it_is(name)}"
        case "command":
            return None if shutil.which(name) else f"no command {name} on PATH"
        case "file":
            return None if (entry.folder / name).exists() else f"no file {name}"
        case _:
            return f"a need that is not known: {need}"


def _least(name: str, entry: Entry) -> str:
    """The oldest version of a tool that the entry takes; empty where it takes any."""
    needs = (need.partition(":") for need in entry.needs)
    return next((least for need, _, least in needs if need == name), "")


def is_new_enough(version: str | None, least: str) -> bool:
    """Whether a version (`go1.22rc1`) is at least `1.22`. One that is not told, is."""
    found = re.search(r"^\D*(\d+(?:\.\d+)+)", version or "")
    if found is None:
        return True
    numbers = [int(one) for one in found[1].split(".")]
    return numbers >= [int(one) for one in re.findall(r"\d+", least)]


def tool_version(tool: Tool, program: str) -> str | None:
    """What the tool's file says of its version; `None` where it has no such file."""
    if tool.version_file is None:
        return None
    with suppress(OSError):
        place = Path(program).resolve().parent / tool.version_file
        return place.read_text(encoding="utf-8").split("\n")[0].strip()
    return None


def _in_wheel(tool: Tool, folders: Iterable[Path]) -> str | None:
    """The program inside a wheel's own package, whose scripts may not be on PATH."""
    if tool.wheel is None:
        return None
    return next((str(p) for folder in folders if (p := folder / tool.wheel).is_file()), None)


def _has_module(name: str, tools: Tools) -> bool:
    """Whether a runner finds the module, as it is started. Ours finds it in its own folders, or by
    the hook of an editable installation."""
    if _is_in(_given_path(tools), name):
        return True
    if tools.python != sys.executable:
        known = interpreter(tools.python, name)
        return known is None or name in known.modules
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
    own = {*site.getsitepackages(), *map(sysconfig.get_path, ("stdlib", "platstdlib"))}
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
    given = [str(place) for place in _given_path(tools)]
    own = _own_path() if tools.python == sys.executable else []
    found = importlib.metadata.distributions(name=name, path=[*given, *own])
    known = interpreter(tools.python, name) if tools.python != sys.executable else None
    version = next((distribution.version for distribution in found), None)
    return version or (known.modules.get(name) if known else None)


class Interpreter(msgspec.Struct, frozen=True):
    """What an interpreter that was started as runners are says of itself: `path` is where it finds
    modules, `modules` the versions of those that it has of those that were asked for."""

    name: str
    version: str
    path: list[str]
    modules: dict[str, str | None]

    @property
    def words(self) -> str:
        return f"{IMPLEMENTATIONS.get(self.name, self.name)} {self.version}"


def interpreter(program: str, module: str | None = None) -> Interpreter | None:
    """An interpreter by its path, in its own words; `None` where it is none, or cannot be run. It
    is started once, with nothing but the question."""
    needs = (need.partition(":") for one in shipped() for need in one.needs)
    modules = {name for kind, _, name in needs if kind == "module"}
    return _asked(program, tuple(sorted(modules | ({module} if module else set()))))


@functools.cache
def _asked(program: str, modules: tuple[str, ...]) -> Interpreter | None:
    if shutil.which(program) is None:
        return None
    try:
        done = children.run((program, "-E", "-s", "-c", QUESTION, *modules), ANSWER_SECONDS)
        answer = done.output.partition(b"outnumber ")[2]
        return None if done.status else msgspec.json.decode(answer, type=Interpreter)
    except (OSError, TimeoutError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def environment_of(python: str) -> str:
    """An interpreter by its environment's folder and the program that runs in it: the same for two
    names of one, and never for two environments."""
    program = Path(shutil.which(python) or python).absolute()
    place = program.parent.parent.resolve() if _config(program) else ""
    return f"{program.resolve()} in {place}" if place else str(program.resolve())


def _config(program: Path) -> dict[str, str]:
    """What pyvenv.cfg says, beside the program or one folder above; empty where there is none."""
    for folder in (program.parent, program.parent.parent):
        with suppress(OSError):
            lines = (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
            pairs = (line.partition("=") for line in lines.splitlines())
            return {key.strip().lower(): value.strip() for key, _, value in pairs}
    return {}
