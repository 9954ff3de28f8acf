"""The variables that a runner is started with: ours, but for those that would change it unseen; and
which of those that it has may move its figures.

An interpreter that is started with `-I`, as Python runners are, looks at no PYTHON* variable, and
finds no module where the command is typed, in PYTHONPATH, or among the user's own. Where `--env`
gives such a variable, the interpreter has to look: it is started with `-s` instead, without any
PYTHON* variable but those that were given and PYTHONSAFEPATH, so that nothing else changes. (Before
Python 3.11, which does not know that one, the folder of the runner's script is looked at too.)
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence

from bench.system import System
from runners.catalogue import Entry, tools

PYTHON = "PYTHON"
SAFE_PATH = "PYTHONSAFEPATH"
ISOLATED = re.compile(r"-[A-Za-z]*I[A-Za-z]*")

# Those that change what is measured, if they reach an interpreter: what is not among them (how it
# prints, where it keeps bytecode, which version a container has) is missed by nobody.
TELLING = (
    *("PYTHONASYNCIODEBUG", "PYTHONDEBUG", "PYTHONDEVMODE", "PYTHONDUMPREFS", "PYTHONFAULTHANDLER"),
    *("PYTHONHASHSEED", "PYTHONHOME", "PYTHONMALLOC", "PYTHONMALLOCSTATS", "PYTHONNODEBUGRANGES"),
    *("PYTHONOPTIMIZE", "PYTHONPATH", "PYTHONPERFSUPPORT", "PYTHONPLATLIBDIR", "PYTHONTHREADDEBUG"),
    *("PYTHONPROFILEIMPORTTIME", "PYTHONTRACEMALLOC", "PYTHONVERBOSE", "PYTHON_CPU_COUNT"),
    *("PYTHON_CONTEXT_AWARE_WARNINGS", "PYTHON_FROZEN_MODULES", "PYTHON_GIL", "PYTHON_JIT"),
    *("PYTHON_PERF_JIT_SUPPORT", "PYTHON_PRESITE", "PYTHON_THREAD_INHERIT_CONTEXT", "PYTHON_TLBC"),
)

# Those that may move the figures of any program, and of one that an interpreter of Python runs. Of
# other tools the catalogue has them.
OF_ANY = (
    r"LD_(PRELOAD|LIBRARY_PATH|AUDIT|BIND_NOW)|GLIBC_TUNABLES|OMP_\w+"
    r"|(JE|TC|MI)?MALLOC_\w+|_RJEM_MALLOC_CONF"
)
OF_PYTHON = rf"{'|'.join(TELLING)}|(GEVENT|GREENLET|UV|PYPY)_\w+|PURE_PYTHON"
MOST, LONGEST, LONGEST_VALUE = 200, 200, 10_000  # as `bench.model.records.Facts` has it
PRELOADED = "etc/ld.so.preload"  # what the loader takes for a LD_PRELOAD of every program


def counting(variables: Mapping[str, str], entry: Entry) -> dict[str, str]:
    """Those of a process's variables that may move the figures of this runner, as far as a result
    has room for them. One that is run and built by no tool whose variables are known may be made
    with any: there all count."""
    own = [tool.variables for tool in entry.programs.values() if tool.variables is not None]
    own += [OF_PYTHON] if entry.by_python else []
    every = (OF_PYTHON, *(tool.variables or "" for tool in tools().values()))
    names = re.compile("|".join(filter(None, (OF_ANY, *(own or every)))))
    found = sorted(name for name in variables if names.fullmatch(name) and len(name) <= LONGEST)
    return {name: variables[name][:LONGEST_VALUE] for name in found[:MOST]}


def variables_of(system: System, pid: int) -> dict[str, str] | None:
    """The variables that a process was started with; `None` where they cannot be read."""
    text = system.text(f"proc/{pid}/environ")
    if text is None:
        return None
    pairs = (entry.partition("=") for entry in text.split("\0") if "=" in entry)
    known = {name: value for name, _, value in pairs}
    preloaded = [known.get("LD_PRELOAD"), system.text(PRELOADED)]
    return known | {"LD_PRELOAD": " ".join(filter(None, preloaded))} if any(preloaded) else known


def is_isolated(command: Sequence[str]) -> bool:
    """Whether these words start an interpreter that looks at no PYTHON* variable."""
    return any(ISOLATED.fullmatch(word) for word in _options(command))


def started_with(
    command: Sequence[str], given: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str | None]]:
    """The words that start a runner with the variables that were `given`, and what is to be changed
    in our environment for it (`None`: taken away)."""
    if not is_isolated(command):
        return tuple(command), dict(given)
    kept_out = {name: None for name in os.environ if name.startswith(PYTHON)}
    if not any(name.startswith(PYTHON) for name in given):
        return tuple(command), {**kept_out, **given}
    end = 1 + len(_options(command))
    options = (w.replace("I", "s") if ISOLATED.fullmatch(w) else w for w in command[1:end])
    return (command[0], *options, *command[end:]), {**kept_out, SAFE_PATH: "1", **given}


def dropped(entries: Iterable[Entry], given: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that are set here, would change what is measured, and reach no runner."""
    if not any(is_isolated(entry.command) for entry in entries):
        return ()
    return tuple(name for name in TELLING if os.environ.get(name) and name not in given)


def _options(command: Sequence[str]) -> Sequence[str]:
    """The words between a program and the first that is no option."""
    words = command[1:]
    end = next((place for place, word in enumerate(words) if not word.startswith("-")), len(words))
    return words[:end]
