"""The package as it is installed: what the wheel holds, and that it runs from any folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from bench.model.file import load
from outnumber import __version__
from runners.catalogue import shipped

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
OURS = ("bench", "runners", "reports")
SHADOWS = (*OURS, "asyncio", "json")
HOUSE = "outnumber/_house"

NEEDED = (
    "bench/cli/main.py",
    "bench/engine/launch.py",
    "bench/model/result.schema.json",
    "reports/explanation/explanation.txt.j2",
    "reports/live.py",
    "reports/page/page.css",
    "reports/page/page.html.j2",
    "reports/page/parts.html.j2",
    "runners/README.md",
    "runners/catalogue.toml",
    "runners/python/protocol_loop.py",
    "runners/python/serve.py",
    "runners/c/control.c",
    "runners/c/pthread.c",
    "runners/go/main.go",
)


def run(*words: str | Path, folder: Path, **environment: str) -> str:
    """Runs a command; what it printed. A failure shows everything that it said."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{words}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the checkout, by the build backend that is installed."""
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", out, ROOT, folder=out)
    (built,) = out.glob("outnumber-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment's `outnumber`.

    The dependencies are those of this environment, reached by a path file, so that no network is
    needed. Path files in a folder that was added so are not read: the checkout, which is installed
    here by such a file, stays out of reach.
    """
    place = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "--without-pip", place / "venv", folder=place)
    python = place / "venv" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, folder=place)
    (packages,) = (place / "venv" / "lib").glob("python3*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return place / "venv" / "bin" / "outnumber"


@pytest.fixture
def hostile_folder(tmp_path: Path) -> Path:
    """A folder with packages whose names are ours and the standard library's."""
    for name in SHADOWS:
        package = tmp_path / name / "__init__.py"
        package.parent.mkdir()
        package.write_text(f"raise RuntimeError('the wrong {name} was imported')\n")
    return tmp_path


def test_the_wheel_holds_what_is_needed_and_no_more(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {f"runners/{entry.source}" for entry in shipped() if entry.source}
    assert {f"{HOUSE}/{name}" for name in {*NEEDED, *sources}} - names == set()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"outnumber"}
    inside = {name.removeprefix("outnumber/").split("/")[0] for name in names if "/" in name}
    assert {top for top in inside if not top.startswith("outnumber-")} == {
        "__init__.py", "__main__.py", "_house",
    }  # fmt: skip
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not [name for name in names if re.search(r"(^|/)test|__pycache__", name)]


def test_importing_the_package_loads_nothing_of_the_harness(installed: Path) -> None:
    program = (
        "import sys, outnumber\n"
        "print(outnumber.__version__, *{'bench', 'runners', 'reports'} & {*sys.modules})"
    )
    said = run(installed.with_name("python"), "-c", program, folder=installed.parent)
    assert said == f"{__version__}\n"


@pytest.mark.parametrize("typed", ["outnumber", "python -m outnumber"])
@pytest.mark.parametrize("place", ["current folder", "PYTHONPATH"])
def test_a_project_with_packages_of_our_names_does_no_harm(
    installed: Path, hostile_folder: Path, tmp_path_factory: pytest.TempPathFactory,
    typed: str, place: str,
) -> None:  # fmt: skip
    command, *words = typed.split()
    on_path = place == "PYTHONPATH"
    if on_path:  # a library's name there is taken for the library by every Python program
        for name in {*SHADOWS} - {*OURS}:
            (hostile_folder / name / "__init__.py").unlink()
            (hostile_folder / name).rmdir()
    folder = tmp_path_factory.mktemp("typed") if on_path else hostile_folder
    environment = {"PYTHONPATH": str(hostile_folder)} if on_path else {}
    said = run(installed.with_name(command), *words, "runtimes", folder=folder, **environment)
    assert "asyncio" in said


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_it_runs_from_a_folder_that_holds_like_named_ones(
    installed: Path, hostile_folder: Path
) -> None:
    words = ("run", "--runtime", "asyncio", "--runtime", "pthread", "--max", "200", "--sweeps", "1")
    cache = str(hostile_folder / "cache")
    said = run(installed, *words, folder=hostile_folder, XDG_CACHE_HOME=cache)
    (path,) = (hostile_folder / "outnumber-results").glob("*.json")
    result = load(path)
    assert {(s.case, s.purpose) for s in result.sessions} == {
        (name, purpose) for name in ("asyncio", "pthread") for purpose in ("climb", "short", "leak")
    }
    assert {sweep.stop.status for sweep in result.sessions} == {"max"}
    assert said.splitlines()[-1] == str(path.relative_to(hostile_folder))
    assert {file.suffix for file in path.with_suffix("").iterdir()} >= {".html", ".png", ".svg"}
