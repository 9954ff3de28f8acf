"""The tools of this machine: whether a runtime can run with them, and what to type where it cannot.

Needs are met by files that are there, so that one can look met and still fail when it is used; the
runner's own words are shown then. Nothing is started, but an interpreter that was given, which is
asked for its version. Where an interpreter finds its modules is told by its folders: those that
CPython's own search comes to (`Modules/getpath.py`, `Lib/site.py`) when it is started with `-I`, as
runners are, so the user's own site folder is not among them.
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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bench.engine import children
from bench.model.records import CaseRecord
from runners.catalogue import Entry, Tool

OLDEST_PYTHON = (3, 9)
ANSWER_SECONDS = 20.0
QUESTION = (
    "import sys; v = sys.version.split()[0]; i = getattr(sys, 'implementation', None); "
    "sys.stdout.write('outnumber %s %s' % (i.name if i else 'cpython', v))"
)
IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}
SITES = ("site-packages", "dist-packages")


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
        beside = _in_wheel(tool, sites_of(self.python).folders) if self.was_asked_for else None
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
            known = python_of(tools.python)
            oldest = ".".join(map(str, OLDEST_PYTHON))
            if known is not None and is_new_enough(known[1], oldest):
                return None
            what = what_is(tools.python)
            return f"{tools.python} is {what}; expected Python {oldest} or newer"
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
    """Whether a runner finds the module, as it is started. Of another interpreter than ours only
    its folders are looked at: where they do not tell, the runner's own words will (`lacking`). Ours
    finds it in its own folders, or by the hook of an editable installation."""
    if _is_in(_given_path(tools), name):
        return True
    if tools.python != sys.executable:
        sites = sites_of(tools.python)
        return _is_in(sites.folders, name) or not sites.whole
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


@dataclass(frozen=True)
class Sites:
    """An interpreter's library folders. `whole` says whether what is in none of them is not there:
    no for a script that starts an interpreter from elsewhere, and where a module may be found by
    the hook of an editable installation."""

    folders: tuple[Path, ...]
    whole: bool


def sites_of(python: str) -> Sites:
    """The folders of an interpreter, by its path. The environment that it stands in is looked for
    before its symlink is followed, as it does itself."""
    program = Path(shutil.which(python) or python).absolute()
    real = program.resolve()
    own, config = program.parent.parent, _config(program)
    bases = [Path(config["home"]).parent] if "home" in config else []
    prefixes = list(dict.fromkeys((own, *bases, real.parent.parent)))
    closed = bool(config) and config.get("include-system-site-packages", "").lower() != "true"
    roots = [*_roots(prefixes, real.name)]
    open_to = [*_roots([own], real.name)] if closed else roots
    sites = [root / name for root in open_to for name in SITES]
    standard = [place for root in roots for place in (root, root / "lib-dynload")]
    known = closed or (not _is_script(real) and any((f / "os.py").is_file() for f in roots))
    hooked = any(True for site in sites for _ in site.glob("*editable*.pth"))
    named = [place for site in sites for place in _named(site) if place.is_dir()]
    return Sites((*dict.fromkeys((*sites, *standard, *named)),), known and not hooked)


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


def _roots(prefixes: Iterable[Path], name: str) -> Iterator[Path]:
    """The library folders below prefixes, Debian's own (`local`, `python3`) too; of the version
    alone that the program is named after, if it is."""
    versions = (name, "python3") if re.fullmatch(r"python3\.\d+t?", name) else ("python3*",)
    for prefix in prefixes:
        for place in (prefix, prefix / "local"):
            for version in versions:
                yield from place.glob(f"lib*/{version}")


def _named(folder: Path) -> Iterator[Path]:
    """The folders that the `.pth` files of a site folder name."""
    for file in folder.glob("*.pth"):
        with suppress(OSError, ValueError):
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    yield folder / line.strip()


def _is_script(program: Path) -> bool:
    try:
        with program.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True
