"""`.ci/setup`, which `make setup` calls, with interpreters that only say what they are.

Each stands on a PATH of its own. Their answers to the script's questions are worked out by the real
interpreter, told to take itself for another version.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SETUP = Path(__file__).parents[1] / ".ci" / "setup"
TOOLS = ("cat", "cksum", "cp", "cut", "dirname", "mkdir", "rm", "sed", "sh", "sort", "tail")

INTERPRETER = """#!/bin/sh
case "$1 $2" in
"-m venv") echo "venv by $0" >>calls; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
"-m pip") echo "pip with $PIP_CONSTRAINT and $PIP_BUILD_CONSTRAINT" >>calls; test ! -e no-network ;;
*) exec {real} -I -c '
import collections, importlib.util, sys
Version = collections.namedtuple("Version", "major minor micro releaselevel serial")
sys.version_info = Version({version}, "{level}", 0)
sys.version = "{text}"
sys._base_executable = "{path}"
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name in "{lacks}" else find(name)
'"$3" ;;
esac
"""


@dataclass(frozen=True)
class Place:
    """A checkout, and the folder that is the PATH there."""

    checkout: Path
    bin: Path

    def add_python(self, text: str, level: str = "final", lacks: str = "") -> Path:
        """Puts an interpreter of version `text` on PATH, without the modules in `lacks`."""
        path = self.bin / f"python{text.rpartition('.')[0]}"
        program = INTERPRETER.format(
            real=sys.executable,
            version=text.replace(".", ", "),
            level=level,
            text=text,
            path=path,
            lacks=lacks,
        )
        return self.add(path.name, program)

    def add(self, name: str, program: str) -> Path:
        path = self.bin / name
        path.write_text(program)
        path.chmod(0o755)
        return path

    def setup(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.checkout / ".ci" / "setup"), *words]
        environment = {"PATH": str(self.bin), **environment}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def found(self) -> str:
        return Path(self.setup("--find").stdout.strip()).name

    def calls(self) -> list[str]:
        """What was made since the last time this was asked, in short."""
        log = self.checkout / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line.split()[0] for line in lines]

    def is_stamped(self) -> bool:
        return (self.checkout / ".venv" / ".outnumber-setup").exists()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "a checkout", tmp_path / "bin")
    (made.checkout / ".ci").mkdir(parents=True)
    made.bin.mkdir()
    shutil.copy(SETUP, made.checkout / ".ci")
    for name in ("pyproject.toml", "constraints.txt"):
        (made.checkout / name).write_text(name)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (made.bin / tool).symlink_to(found)
    return made


def test_the_newest_python_is_taken(place: Place) -> None:
    for version in ("3.11.9", "3.13.0", "3.12.13"):
        place.add_python(version)
    assert place.found() == "python3.13"


def test_one_that_is_on_path_but_does_not_run_is_passed_over(place: Place) -> None:
    place.add_python("3.12.1")
    place.add("python3.13", "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127")
    assert place.found() == "python3.12"


@pytest.mark.parametrize(
    ("version", "level"), [("3.14.0", "candidate"), ("3.13.0", "beta"), ("3.15.1", "final")]
)
def test_a_prerelease_or_one_newer_than_the_pins_is_the_last_resort(
    place: Place, version: str, level: str
) -> None:
    name = place.add_python(version, level).name
    assert place.found() == name
    place.add_python("3.11.2")
    assert place.found() == "python3.11"


def test_an_older_one_with_venv_is_taken_before_a_newer_one_without(place: Place) -> None:
    place.add_python("3.13.1", lacks="ensurepip")
    place.add_python("3.11.2")
    assert place.found() == "python3.11"


@pytest.mark.parametrize("lacks", ["venv", "ensurepip"])
def test_the_package_that_brings_venv_is_named(place: Place, lacks: str) -> None:
    place.add_python("3.12.3", lacks=lacks)
    told = place.setup()
    assert told.returncode == 1
    assert f"python3.12 lacks {lacks}" in told.stderr
    assert "apt install python3.12-venv" in told.stderr
    assert not (place.checkout / ".venv").exists()


def test_a_python_that_was_built_without_a_part_is_told_apart(place: Place) -> None:
    place.add_python("3.12.3", lacks="ssl")
    assert "python3.12 was built without: ssl" in place.setup().stderr


def test_without_a_python_it_says_what_to_install(place: Place) -> None:
    place.add_python("3.10.13")
    told = place.setup()
    assert told.returncode == 1
    assert "no Python 3.11 or newer" in told.stderr
    assert "apt install python3 python3-venv" in told.stderr


def test_another_python_can_be_asked_for(place: Place) -> None:
    older = place.add_python("3.11.2")
    place.add_python("3.13.1")
    assert place.setup("--find", SETUP_PYTHON=str(older)).stdout.strip() == str(older)
    told = place.setup("--find", SETUP_PYTHON="nowhere")
    assert told.returncode == 1
    assert "runs as nowhere" in told.stderr


def test_a_second_call_does_nothing_and_says_nothing(place: Place) -> None:
    place.add_python("3.13.1")
    assert place.setup().returncode == 0
    assert place.calls() == ["venv", "pip"]
    again = place.setup()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert place.calls() == []


def test_the_pins_hold_for_the_build_backend_too(place: Place) -> None:
    place.add_python("3.13.1")
    place.setup()
    log = (place.checkout / "calls").read_text()
    assert "pip with constraints.txt and constraints.txt" in log


def test_a_half_made_environment_is_replaced(place: Place) -> None:
    place.add_python("3.13.1")
    rest = place.checkout / ".venv" / "rest"
    rest.mkdir(parents=True)
    assert place.setup().returncode == 0
    assert place.calls() == ["venv", "pip"]
    assert not rest.exists()


def test_an_installation_that_failed_is_told_and_begun_afresh(place: Place) -> None:
    place.add_python("3.13.1")
    (place.checkout / "no-network").touch()
    told = place.setup()
    assert told.returncode == 1
    assert "could not be installed" in told.stderr
    assert not place.is_stamped()
    (place.checkout / "no-network").unlink()
    place.calls()
    assert place.setup().returncode == 0
    assert place.calls() == ["venv", "pip"]


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_what_lags_behind_is_brought_up_to_date_in_place(place: Place, changed: str) -> None:
    place.add_python("3.13.1")
    place.setup()
    place.calls()
    (place.checkout / changed).write_text("something else")
    assert place.setup().returncode == 0
    assert place.calls() == ["pip"]
    assert place.setup().stderr == ""


def test_an_environment_whose_interpreter_is_gone_or_another_is_replaced(place: Place) -> None:
    place.add_python("3.13.1")
    place.setup()
    (place.checkout / ".venv" / "bin" / "python").unlink()
    place.calls()
    place.setup()
    assert place.calls() == ["venv", "pip"]
    shutil.copy(place.add_python("3.12.4"), place.checkout / ".venv" / "bin" / "python")
    place.setup()
    assert place.calls() == ["venv", "pip"]


def test_an_environment_that_was_moved_is_replaced(place: Place, tmp_path: Path) -> None:
    place.add_python("3.13.1")
    place.setup()
    moved = Place(tmp_path / "elsewhere", place.bin)
    place.checkout.rename(moved.checkout)
    moved.calls()
    assert moved.setup().returncode == 0
    assert moved.calls() == ["venv", "pip"]


def test_without_a_compiler_it_goes_on_and_says_what_will_be_missing(place: Place) -> None:
    place.add_python("3.13.1")
    told = place.setup()
    assert told.returncode == 0
    assert "apt install gcc libc6-dev" in told.stderr
    place.add("gcc", "#!/bin/sh")
    (place.checkout / ".venv" / ".outnumber-setup").unlink()
    assert "gcc" not in place.setup().stderr
