"""The house keeps its shape: imports point one way, and what is heavy loads only when needed."""

from __future__ import annotations

import ast
import functools
import graphlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from bench import experiments, quantities
from reports.figures import all as figures

ROOT = Path(__file__).parents[1]
PACKAGES = ("bench", "outnumber", "reports", "runners")

LEAVES = frozenset(
    {
        "bench",
        "outnumber",
        "bench.clock",
        "bench.errors",
        "bench.faults",
        "bench.files",
        "bench.leftovers",
        "bench.signals",
        "bench.system",
    }
)

# What each part may import beyond itself and, within bench, the leaves. Whoever wants an arrow that
# is not here has an idea in the wrong folder, most of the time.
ARROWS: dict[str, frozenset[str]] = {
    "outnumber.__main__": frozenset({"bench.cli"}),
    "outnumber": frozenset(),
    "bench.files": frozenset(),
    "bench.leftovers": frozenset(),
    "bench.model": frozenset(),
    "bench.derive": frozenset({"bench.model", "bench.quantities"}),
    "bench.quantities": frozenset({"bench.derive", "bench.model"}),
    "bench.probes": frozenset({"bench.model.records"}),
    "bench.limits": frozenset({"bench.probes", "bench.model.records"}),
    "bench.machine": frozenset({"bench.probes", "bench.model.records"}),
    "bench.engine": frozenset(
        {"bench.derive", "bench.limits", "bench.model", "bench.probes", "runners.catalogue"}
    ),
    "bench.experiments": frozenset(
        {
            "bench.derive",
            "bench.engine",
            "bench.limits",
            "bench.machine",
            "bench.model",
            "bench.quantities",
            "runners.catalogue",
        }
    ),
    "bench.judging": frozenset(
        {"bench.derive", "bench.experiments", "bench.model", "bench.quantities"}
    ),
    "bench.history": frozenset(
        {"bench.derive", "bench.judging", "bench.model", "bench.quantities"}
    ),
    "bench.cli": frozenset({"bench", "reports", "runners"}),
    "reports": frozenset(
        {
            "bench.derive",
            "bench.engine.events",
            "bench.errors",
            "bench.files",
            "bench.history",
            "bench.judging.gates",
            "bench.judging.looks",
            "bench.judging.noise",
            "bench.judging.verdicts",
            "bench.model",
            "bench.quantities",
            "runners.catalogue",
        }
    ),
    "runners": frozenset({"bench.faults"}),
}

HEAVY = frozenset(
    {"gevent", "greenlet", "jinja2", "lxml", "matplotlib", "numpy", "pptx", "scipy", "trio"}
)

# What a run has loaded until its last sweep has ended.
BEFORE_THE_END = (
    "bench.cli.main",
    "bench.cli.choose",
    "bench.experiments.population",
    "bench.machine",
    "bench.engine.rig",
    "bench.model.file",
    "reports.live",
)

Sources = Mapping[str, str]


@functools.cache
def sources() -> Sources:
    """The text of every module that ships, by its dotted name."""
    files = (
        file
        for part in ("bench", "outnumber", "reports", "runners")
        for file in (ROOT / part).rglob("*.py")
    )
    return {name_of(file): file.read_text(encoding="utf-8") for file in files}


def name_of(file: Path) -> str:
    words = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def imports(name: str, modules: Sources, top_level: bool = False) -> set[str]:
    """The dotted names of what module `name` imports.

    If `top_level`, only of what is loaded together with it.
    """
    found: set[str] = set()
    for node in import_statements(modules[name], top_level):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports here are absolute"
            whole = node.module or ""
            inner = {f"{whole}.{alias.name}" for alias in node.names}
            found |= {one if one in modules else whole for one in inner}
    return found


@functools.cache
def import_statements(text: str, top_level: bool) -> tuple[ast.stmt, ...]:
    nodes = statements(ast.parse(text), top_level)
    return tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def statements(tree: ast.AST, top_level: bool) -> Iterator[ast.AST]:
    """Every node below `tree`; if `top_level`, none in a function or for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        inner = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if top_level and (inner or typing):
            continue
        yield node
        yield from statements(node, top_level)


def part_of(name: str) -> str | None:
    return next((part for part in ARROWS if below(name, part)), None)


def below(name: str, whole: str) -> bool:
    return name == whole or name.startswith(f"{whole}.")


def wrong_arrows(modules: Sources) -> list[str]:
    """Every import that the house has no arrow for."""
    return sorted(
        f"{name} imports {target}"
        for name in modules
        for target in imports(name, modules)
        if target.split(".")[0] in (*PACKAGES, "tests") and not is_allowed(name, target)
    )


def is_allowed(name: str, target: str) -> bool:
    part = part_of(name)
    if part is None:
        return name in LEAVES and target == "bench"
    if part.startswith(("bench", "outnumber.")) and target in LEAVES:
        return True
    return any(below(target, whole) for whole in (part, *ARROWS[part]))


def loaded_with(start: str, modules: Sources) -> dict[str, str]:
    """Everything that importing `start` loads, with the module that asked for it first."""
    asked: dict[str, str] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in modules:
            continue
        for target in imports(name, modules, top_level=True) - asked.keys():
            asked[target] = name
            waiting.append(target)
    return asked


def heavy_loads(start: str, modules: Sources) -> list[str]:
    loaded = loaded_with(start, modules)
    return sorted(
        f"{by} loads {name}" for name, by in loaded.items() if name.split(".")[0] in HEAVY
    )


def test_imports_point_one_way() -> None:
    assert wrong_arrows(sources()) == []


def test_no_module_needs_itself() -> None:
    modules = sources()
    graph = {name: imports(name, modules, top_level=True) & modules.keys() for name in modules}
    list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError


def classes_of_one_name(modules: Sources) -> dict[str, list[str]]:
    """The class names that several modules define, with these modules."""
    homes: dict[str, list[str]] = {}
    for name in sorted(modules):
        for node in ast.walk(ast.parse(modules[name])):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(name)
    return {name: where for name, where in homes.items() if len(where) > 1}


def test_a_class_name_has_one_meaning() -> None:
    assert classes_of_one_name(sources()) == {}


def test_a_class_name_with_two_meanings_is_found() -> None:
    modules = {"a": "class Plan: ...", "b": "def f():\n    class Plan: ...", "c": "class P: ..."}
    assert classes_of_one_name(modules) == {"Plan": ["a", "b"]}


# Where the names of a list's rows are at home.
LISTS: dict[str, Callable[[], Iterable[str]]] = {
    "bench.quantities": lambda: (row.name for row in quantities.all_()),
    "reports.figures.all": figures.names,
    "bench.experiments": lambda: (row.name for row in experiments.all_()),
}
# Modules that still have such a name themselves. Take a module out once it reads the list.
NAMING = frozenset(
    {
        "bench.cli.slides",
        "bench.history.store",
    }
)


def repeated_names(modules: Sources) -> dict[str, list[str]]:
    """Where modules write the name of a list's row themselves, by module: `file.py:12: 'burst'`.

    A name of several words counts wherever it stands in a text; a single word (`growth`) as the
    whole text alone, and not in `bench.cli`, where it may be a command's. Docstrings may name
    anything.
    """
    homes: dict[str, set[str]] = {}
    for home, names in LISTS.items():
        for name in names():
            homes.setdefault(name, set()).add(home)
    for row in experiments.all_():  # which its own module says of its results: the list imports it
        homes[row.name].add(row.make.__module__)
    found: dict[str, list[str]] = {}
    for module, text in modules.items():
        for literal, line in literals(ast.parse(text)):
            words = {*re.findall(r"\w+(?:[_-]\w+)+", literal)}
            words |= set() if below(module, "bench.cli") else {literal}
            named = words & {name for name, home in homes.items() if module not in home}
            place = f"{module.replace('.', '/')}.py:{line}"
            found.setdefault(module, []).extend(f"{place}: {name!r}" for name in sorted(named))
    return {module: places for module, places in found.items() if places}


def literals(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every string that is no statement of its own, as a docstring is, with its line."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno
        yield from literals(node)


def test_the_name_of_a_quantity_an_experiment_or_a_figure_stands_in_its_own_list_alone() -> None:
    repeated = repeated_names(sources())
    assert [place for name in repeated.keys() - NAMING for place in repeated[name]] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\nif name == 'ceiling': ...", "reports/x.py:2: 'ceiling'"),
        ("help = 'such as fixed_bytes:5%'", "reports/x.py:1: 'fixed_bytes'"),
        ("f'{one} bytes_per_unit'", "reports/x.py:1: 'bytes_per_unit'"),
        ("kind = 'how-many'", "reports/x.py:1: 'how-many'"),
    ],
)
def test_a_name_outside_its_list_is_found(text: str, found: str) -> None:
    assert repeated_names({"reports.x": text}) == {"reports.x": [found]}


@pytest.mark.parametrize(
    "text", ["'''On the ceiling and bytes_per_unit.'''", "label = 'the ceiling of growth'"]
)
def test_a_docstring_or_a_plain_word_names_no_row(text: str) -> None:
    assert repeated_names({"reports.x": text}) == {}


def test_one_module_alone_starts_processes_so_that_all_of_them_are_surely_ended() -> None:
    modules = sources()
    starting = {name for name in modules if "subprocess" in imports(name, modules)}
    # `history` asks git, which starts nothing that stays.
    assert starting == {"bench.engine.children", "bench.cli.history"}


@pytest.mark.parametrize("start", BEFORE_THE_END)
def test_nothing_heavy_is_loaded_until_the_last_sweep_has_ended(start: str) -> None:
    assert heavy_loads(start, sources()) == []


def test_runners_need_the_standard_library_and_their_runtime_alone() -> None:
    modules = {name: text for name, text in sources().items() if name.startswith("runners.python.")}
    wanted = {target.split(".")[0] for name in modules for target in imports(name, modules)}
    assert modules
    assert wanted - sys.stdlib_module_names <= {"gevent", "greenlet", "trio"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bench.probes.x", "from bench.engine import session", "bench.engine.session"),
        ("bench.probes.x", "def f():\n    import bench.engine.session", "bench.engine.session"),
        ("bench.engine.x", "from bench.machine import fingerprint", "bench.machine"),
        ("bench.engine.x", "from bench import experiments", "bench.experiments"),
        ("bench.experiments.x", "import reports.live", "reports.live"),
        ("bench.model.x", "from bench.machine import fingerprint", "bench.machine"),
        ("bench.judging.x", "from bench.cli import options", "bench.cli.options"),
        ("bench.clock", "from bench.model import records", "bench.model.records"),
        ("bench.elsewhere", "from bench.model import records", "bench.model.records"),
        ("reports.x", "from bench.engine.rig import Rig", "bench.engine.rig"),
        ("runners.x", "from bench.errors import UsageError", "bench.errors"),
        ("bench.cli.x", "from tests.support import entries", "tests.support"),
    ],
)
def test_an_arrow_that_is_not_there_is_found(name: str, text: str, said: str) -> None:
    assert f"{name} imports {said}" in wrong_arrows({**sources(), name: text})


def test_a_heavy_import_is_found_through_others() -> None:
    modules = {"a": "import b", "b": "try:\n    import scipy.stats\nfinally: pass"}
    assert heavy_loads("a", modules) == ["b loads scipy.stats"]


@pytest.mark.parametrize(
    "text",
    ["def f():\n    import scipy", "if TYPE_CHECKING:\n    import scipy"],
)
def test_a_heavy_import_where_it_is_used_does_no_harm(text: str) -> None:
    assert heavy_loads("a", {"a": text}) == []


# Who may change files: the writer. Of the others each changes only what is no file of a user's.
WRITERS = frozenset({"bench.files", "bench.leftovers"})
NO_FILES = {
    "bench.cli.streams": "/dev/null, for a reader that has gone",
    "outnumber.__main__": "standard error, where nothing else can be had",
    "bench.engine.launch": "cgroup.procs and oom_score_adj of the process itself",
    "bench.engine.children": "memory, for what a command writes (memfd_create)",
    "bench.probes.cgroup": "cgroups",
}
METHODS = frozenset(
    {
        "chmod", "hardlink_to", "mkdir", "rename", "rmdir", "symlink_to", "touch", "unlink",
        "write_bytes", "write_text",
    }
)  # fmt: skip
# The functions of modules that change files; a file of tempfile's without a name is none.
CHANGING = {
    "os": re.compile(
        r"fdopen|writev?|pwritev?|sendfile|copy_file_range|renames?|replace|(sym)?link|unlink|"
        r"remove(dirs)?|rmdir|mkdir|makedirs|mkfifo|mknod|f?truncate|[fl]?ch(mod|own)|utime|"
        r"setxattr|removexattr"
    ),
    "shutil": re.compile(r"copy\w*|move|rmtree|chown|make_archive|unpack_archive"),
    "tempfile": re.compile(r"(?!TemporaryFile|gettempdir)\w+"),
}
TO_READ = re.compile(r"(os\.O_(RDONLY|CLOEXEC|NOFOLLOW|DIRECTORY|NONBLOCK)( \| )?)+")
IN_MEMORY = frozenset({"out", "made"})  # what figures and decks are saved into


def changes_of_files(name: str, text: str) -> list[str]:
    """Every call in a module that may write a file, make a folder, or take one away."""
    return sorted(
        {f"{name}: {said}" for node in ast.walk(ast.parse(text)) for said in _change(node)}
    )


def _change(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(value=ast.Name(id=module), attr=word) if module in CHANGING:
            if CHANGING[module].fullmatch(word):
                yield f"{module}.{word}"
        case ast.ImportFrom(module=str(module), names=names) if module in CHANGING:
            yield from (f"{module}.{n.name}" for n in names if CHANGING[module].fullmatch(n.name))
        case ast.Call():
            yield from _change_by_call(node)


def _change_by_call(call: ast.Call) -> Iterator[str]:
    name, args = ast.unparse(call.func), call.args
    word = name.split(".")[-1]
    changes: dict[str, Callable[[], bool]] = {
        "os.open": lambda: not TO_READ.fullmatch(ast.unparse(args[1])),
        "open": lambda: name not in ("ResultFile.open", "cls.open") and _may_write(call),
        "savefig": lambda: ast.unparse(args[0]) not in IN_MEMORY,
        # A path's: a text's takes two.
        "replace": lambda: len(args) == 1 and not call.keywords and "." in name,
    }
    test = changes.get(name, changes.get(word, lambda: word in METHODS and "." in name))
    if test():
        yield name if name == "os.open" else word


def _may_write(call: ast.Call) -> bool:
    """Whether a call of `open` has a mode that is not to read alone."""
    modes = [word.value for word in call.keywords if word.arg == "mode"]
    place = 1 if isinstance(call.func, ast.Name) else 0
    modes += call.args[place : place + 1]
    return any(
        not isinstance(mode, ast.Constant) or not {*str(mode.value)} <= {*"rbt"} for mode in modes
    )


def test_nothing_but_the_writer_writes() -> None:
    found = {
        name: changes
        for name, text in sources().items()
        if name not in WRITERS and not name.startswith("runners")
        if (changes := changes_of_files(name, text))
    }
    assert {name: found[name] for name in found if name not in NO_FILES} == {}
    assert found.keys() == NO_FILES.keys()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("open(place, 'w')", "open"),
        ("open(place, mode='ab')", "open"),
        ("open(place, mode)", "open"),
        ("place.open('x')", "open"),
        ("place.open(mode='r+')", "open"),
        ("place.write_text('')", "write_text"),
        ("place.write_bytes(b'')", "write_bytes"),
        ("place.touch()", "touch"),
        ("place.replace(other)", "replace"),
        ("place.parent.mkdir(parents=True)", "mkdir"),
        ("os.open(place, os.O_WRONLY)", "os.open"),
        ("os.open(place, os.O_RDONLY | os.O_CREAT)", "os.open"),
        ("os.open(place, flags)", "os.open"),
        ("os.makedirs(place)", "os.makedirs"),
        ("from os import replace", "os.replace"),
        ("tempfile.mkdtemp()", "tempfile.mkdtemp"),
        ("from tempfile import NamedTemporaryFile", "tempfile.NamedTemporaryFile"),
        ("shutil.copy(a, b)", "shutil.copy"),
        ("figure.savefig(path)", "savefig"),
        ("figure.savefig('a.png')", "savefig"),
    ],
)
def test_a_second_writer_is_found(text: str, said: str) -> None:
    assert f"reports.x: {said}" in changes_of_files("reports.x", text)


@pytest.mark.parametrize(
    "text",
    [
        "open(place)",
        "place.open('rb')",
        "text.replace('a', 'b')",
        "dataclasses.replace(one, a=1)",
        "os.open(place, os.O_RDONLY | os.O_NOFOLLOW)",
        "tempfile.TemporaryFile()",
    ],
)
def test_who_only_reads_is_no_writer(text: str) -> None:
    assert changes_of_files("reports.x", text) == []


def tracked_files() -> list[Path]:
    """What git has; all tests of it are left out where there is no checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    return [file for file in files if file.is_file()]


def test_there_is_one_list_of_pins() -> None:
    locks = ("*.lock", "*-lock.json", "*-lock.yaml", "go.sum", "requirements*.txt")
    assert not [file for file in tracked_files() if any(file.match(lock) for lock in locks)]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(pin.count("==") == 1 and set("/@ ;").isdisjoint(pin) for pin in pins)


def test_no_file_names_the_host_of_a_registry() -> None:
    hosts = (
        "pypi|org",
        "pythonhosted|org",
        "npmjs|org",
        "npmjs|com",
        "proxy|golang|org",
        "crates|io",
    )
    names = [host.replace("|", ".").encode() for host in hosts]
    texts = {file: file.read_bytes() for file in tracked_files()}
    assert not [file for file, text in texts.items() if any(name in text for name in names)]


def test_the_top_level_holds_what_it_is_meant_to_hold() -> None:
    tops = {file.relative_to(ROOT).parts[0] for file in tracked_files()}
    assert tops <= {
        "bench", "outnumber", "runners", "reports", "tests", "docs", ".ci", ".github",
        ".gitignore", "pyproject.toml", "constraints.txt", "Makefile", "action.yml",
        "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
    }  # fmt: skip
