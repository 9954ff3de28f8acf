"""The house keeps its shape: imports point one way, and what is heavy loads only when needed."""

from __future__ import annotations

import ast
import functools
import graphlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LEAVES = frozenset(
    {"bench", "bench.clock", "bench.command", "bench.errors", "bench.signals", "bench.system"}
)

# What each part may import beyond itself and, within bench, the leaves. Whoever wants an arrow that
# is not here has an idea in the wrong folder, most of the time.
ARROWS: dict[str, frozenset[str]] = {
    "bench.results": frozenset(),
    "bench.probes": frozenset({"bench.results.records"}),
    "bench.limits": frozenset({"bench.probes", "bench.results.records"}),
    "bench.machine": frozenset({"bench.probes", "bench.results.records"}),
    "bench.measure": frozenset(
        {"bench.probes", "bench.results.bins", "bench.results.records", "runners.catalogue"}
    ),
    "bench.experiments": frozenset(
        {"bench.limits", "bench.machine", "bench.measure", "bench.results", "runners.catalogue"}
    ),
    "bench.regression": frozenset({"bench.experiments", "bench.results"}),
    "bench.cli": frozenset({"bench", "reports", "runners"}),
    "reports": frozenset(
        {
            "bench.errors",
            "bench.experiments.events",
            "bench.regression.gates",
            "bench.regression.history",
            "bench.regression.outlook",
            "bench.regression.verdicts",
            "bench.results",
        }
    ),
    "runners": frozenset(),
}

HEAVY = frozenset(
    {"gevent", "greenlet", "jinja2", "lxml", "matplotlib", "numpy", "pptx", "scipy", "trio"}
)

# What a run has loaded until its last sweep has ended.
BEFORE_THE_END = (
    "bench.cli.main",
    "bench.cli.choose",
    "bench.experiments.scale",
    "bench.machine",
    "bench.measure.rig",
    "bench.results.file",
    "reports.live",
)

Sources = Mapping[str, str]


@functools.cache
def sources() -> Sources:
    """The text of every module that ships, by its dotted name."""
    files = (
        file for part in ("bench", "reports", "runners") for file in (ROOT / part).rglob("*.py")
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
    ours = ("bench", "reports", "runners", "tests")
    return sorted(
        f"{name} imports {target}"
        for name in modules
        for target in imports(name, modules)
        if target.split(".")[0] in ours and not is_allowed(name, target)
    )


def is_allowed(name: str, target: str) -> bool:
    part = part_of(name)
    if part is None:
        return name in LEAVES and target == "bench"
    if part.startswith("bench") and target in LEAVES:
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
        ("bench.probes.x", "from bench.measure import sweep", "bench.measure.sweep"),
        ("bench.probes.x", "def f():\n    import bench.measure.sweep", "bench.measure.sweep"),
        ("bench.measure.x", "from bench.results.figures import figures", "bench.results.figures"),
        ("bench.measure.x", "from bench import experiments", "bench.experiments"),
        ("bench.experiments.x", "import reports.live", "reports.live"),
        ("bench.results.x", "from bench.machine import fingerprint", "bench.machine"),
        ("bench.regression.x", "from bench.cli import values", "bench.cli.values"),
        ("bench.clock", "from bench.results import records", "bench.results.records"),
        ("bench.elsewhere", "from bench.results import records", "bench.results.records"),
        ("reports.x", "from bench.measure.rig import Rig", "bench.measure.rig"),
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
        "bench", "runners", "reports", "tests", "docs", ".ci", ".github", ".gitignore",
        "pyproject.toml", "constraints.txt", "Makefile", "action.yml",
        "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
    }  # fmt: skip
