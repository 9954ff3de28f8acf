"""The commands as a user types them, in a process of their own: output, files and exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.scripts import OBEDIENT, answering, script

COMMAND = (sys.executable, "-c", "from bench.cli.main import main; main()")
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which commands are typed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def outnumber(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Types a command and checks its exit code."""
    done = subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def stranger(folder: Path, body: str = OBEDIENT, name: str = "strange") -> Path:
    """A runner file of a user's own, whose runner has this body."""
    words = script(folder, body, f"{name}.py")
    entry = folder / f"{name}.toml"
    entry.write_text(
        f'name = "{name}"\nlabel = "{name} unit"\nkind = "task"\nlanguage = "Python"\n'
        f"command = {json.dumps(words)}\n"
    )
    return entry


def little(entry: Path) -> tuple[str, ...]:
    """A run of a stranger's runner that is over in a second."""
    return ("run", "--runner", str(entry), "--max", "200", "--sweeps", "1")


def result_of(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    loaded = json.loads(Path(done.stdout.splitlines()[-1]).read_text())
    assert isinstance(loaded, dict)
    return loaded


def test_a_run_ends_with_table_finding_figure_and_path(folder: Path) -> None:
    done = outnumber(*little(stranger(folder)))
    (path,) = (folder / "outnumber-results").glob("*.json")
    assert done.stdout.splitlines()[-1] == str(path.relative_to(folder))
    assert "strange unit" in done.stdout
    assert "as far as asked" in done.stdout
    assert sorted(p.name for p in path.with_suffix("").iterdir()) == [
        "bytes-per-unit.png",
        "bytes-per-unit.svg",
    ]


def test_the_folder_of_results_holds_only_the_result_and_its_folder(folder: Path) -> None:
    outnumber(*little(stranger(folder)))
    names = sorted(path.name for path in (folder / "outnumber-results").iterdir())
    assert len(names) == 2
    assert names[1] == f"{names[0]}.json"


def test_quiet_prints_the_path_and_nothing_else(folder: Path) -> None:
    done = outnumber(*little(stranger(folder)), "--quiet", "-o", "here.json")
    assert done.stdout == "here.json\n"
    assert done.stderr == ""


def test_without_a_report_the_result_stands_alone(folder: Path) -> None:
    outnumber(*little(stranger(folder)), "--no-report", "-o", "deep/here.json")
    assert [path.name for path in (folder / "deep").iterdir()] == ["here.json"]


def test_a_result_is_not_overwritten_without_force(folder: Path) -> None:
    (folder / "here.json").write_text("precious")
    done = outnumber(*little(stranger(folder)), "-o", "here.json", code=2)
    assert "here.json" in done.stderr
    assert "--force" in done.stderr
    assert (folder / "here.json").read_text() == "precious"
    outnumber(*little(stranger(folder)), "-o", "here.json", "--force")
    assert json.loads((folder / "here.json").read_text())["outnumber"] == 1


def test_a_place_that_cannot_be_written_is_found_out_before_anything_is_measured(
    folder: Path,
) -> None:
    witness = folder / "started"
    body = f"open({str(witness)!r}, 'w').close()\n" + OBEDIENT
    (folder / "file").write_text("")
    done = outnumber(*little(stranger(folder, body)), "-o", "file/here.json", code=2)
    assert "file/here.json" in done.stderr
    assert not witness.exists()


def test_noise_keeps_its_pairs_and_says_what_can_be_pasted(folder: Path) -> None:
    little = ("noise", "--runner", str(stranger(folder)), "--pairs", "6", "--at", "200")
    only = ("--gate", "burst_seconds_per_unit")
    assert outnumber(*little, *only, "-q", "-o", "here.json").stdout == "here.json\n"
    again = outnumber("noise", "here.json", *only)
    assert "[tool.outnumber]" in again.stdout


WRONG = [
    (("run", "--runtime", "asincio"), "did you mean asyncio?"),
    (("run", "--runtime", "qqq"), "there are pthread, threading"),
    (("noise", "--pairs", "2", "-r", "asyncio"), "--pairs 2 is not between 6 and 200"),
    (("noise", "--gate", "ceiling", "-r", "asyncio"), "a ceiling is looked at once"),
    (("noise", "here.json", "-r", "asyncio"), "with a RESULT nothing is measured"),
    (("run", "--max", "0"), "'0' is not a positive whole number"),
    (("run", "--max", "-5"), "'-5' is not a positive whole number"),
    (("run", "--max", "many"), "'many' is not a positive whole number"),
    (("run", "--max", "1.5"), "'1.5' is not a positive whole number"),
    (("run", "--max", "9" * 30), "is not a positive whole number up to 1,000,000,000"),
    (("run", "--sweeps", "-1"), "'-1' is not a positive whole number"),
    (("run", "--budget", "0"), "'0' is not a number of seconds"),
    (("run", "--budget", "nan"), "'nan' is not a number of seconds"),
    (("run", "--stack-size", "big"), "type a number of bytes, or 64KiB"),
    (("run", "--stack-size", "64KiB", "-r", "asyncio"), "--stack-size means nothing to asyncio"),
    (("run", "--quick", "--thorough"), "exclude each other"),
    (("run", "--no-climb", "--sweeps", "0"), "leaves nothing to do"),
    (("run", "--python", "no-such-python"), "no program that can be run"),
    (("run", "--runner", "none.toml"), "none.toml: cannot be read"),
    (("run", "--colour"), "No such option"),
    (("sing",), "No such command"),
    (("summary", "--format", "poem", "x.json"), "poem"),
]


@pytest.mark.parametrize(("words", "message"), WRONG, ids=[" ".join(w) for w, _ in WRONG])
def test_wrong_words_are_a_usage_error(folder: Path, words: tuple[str, ...], message: str) -> None:
    done = outnumber(*words, code=2)
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert list(folder.iterdir()) == []


def test_a_named_runtime_that_cannot_run_here_is_an_error_with_what_to_type(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    done = outnumber("run", "-r", "pthread", code=4)
    assert "pthread cannot run here: no C compiler" in done.stderr
    assert "apt install gcc" in done.stderr


def test_a_runner_that_dies_is_told_and_its_steps_are_kept(folder: Path) -> None:
    body = OBEDIENT.replace(
        "grow(int(count))", "grow(int(count)) if int(count) < 200 else sys.exit(9)"
    )
    done = outnumber(*little(stranger(folder, body)))
    sweep = result_of(done)["sweeps"][0]  # type: ignore[index]
    assert sweep["stop"]["status"] == "failed"
    assert "status 9" in sweep["stop"]["message"]
    assert [step["alive"] for step in sweep["steps"]] == [100]


def test_the_result_exists_even_if_the_only_sweep_broke(folder: Path) -> None:
    entry = stranger(folder, answering("sys.exit(9)"))
    done = outnumber(*little(entry), "-o", "here.json", code=4)
    assert "nothing could be measured; here.json tells what was tried" in done.stderr
    assert json.loads((folder / "here.json").read_text())["sweeps"][0]["steps"] == []


def test_the_others_run_after_a_death(folder: Path) -> None:
    dying = stranger(folder, answering("sys.exit(9)"), "dying")
    living = stranger(folder, OBEDIENT, "living")
    done = outnumber(*little(dying), "--runner", str(living))
    assert "living unit" in done.stdout
    kept = {sweep["runtime"] for sweep in result_of(done)["sweeps"] if sweep["steps"]}  # type: ignore[attr-defined]
    assert kept == {"living"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("moment", ["hello", "burst"])
def test_a_signal_ends_everything_and_keeps_what_was_finished(
    folder: Path, number: signal.Signals, code: int, moment: str
) -> None:
    slow = {
        "hello": "time.sleep(60)",
        "burst": OBEDIENT.replace(
            "grow(int(count))", "grow(int(count)) if int(count) < 200 else time.sleep(60)"
        ),
    }
    witness = folder / "pid"
    body = f"open({str(witness)!r}, 'w').write(str(os.getpid()))\n" + slow[moment]
    entry = stranger(folder, body)
    with running(*little(entry), "-o", "here.json") as harness:
        runner = wait_for_pid(witness)
        if moment == "burst":
            time.sleep(0.4)  # long enough for the first step, which nothing tells from outside
        harness.send_signal(number)
        harness.communicate(timeout=20)
    assert harness.returncode == code
    assert not psutil.pid_exists(runner)
    stored = json.loads((folder / "here.json").read_text())
    assert stored["finished"] is None
    assert stored["sweeps"][-1]["stop"]["status"] == "interrupted"
    if moment == "burst":
        assert [step["alive"] for step in stored["sweeps"][-1]["steps"]] == [100]


def test_no_cgroup_is_left_behind(folder: Path) -> None:
    with running(*little(stranger(folder))) as harness:
        assert harness.wait(60) == 0
    assert list(Path("/sys/fs/cgroup").glob(f"**/outnumber-{harness.pid}-*")) == []


@contextlib.contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that is still running when the block begins, and surely ended after it."""
    harness = subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield harness
    finally:
        if harness.poll() is None:
            harness.kill()
            harness.wait()


def wait_for_pid(witness: Path) -> int:
    """The pid that a runner wrote when it started."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if witness.exists() and (text := witness.read_text()):
            return int(text)
        time.sleep(0.01)
    raise AssertionError("the runner never started")


def test_a_dry_run_shows_the_plan_and_writes_nothing(folder: Path) -> None:
    done = outnumber("run", "--dry-run", "--seed", "5")
    assert "asyncio" in done.stdout
    assert "1,000,000" in done.stdout
    assert "--seed 5" in done.stdout
    assert list(folder.iterdir()) == []


def test_runtimes_lists_what_can_run_here(folder: Path) -> None:  # noqa: ARG001
    done = outnumber("runtimes")
    for name in ("pthread", "threading", "greenlet", "gevent", "asyncio", "trio", "goroutine"):
        assert name in done.stdout
    assert "goroutine-locked (on request)" in done.stdout


def test_the_version_and_help_are_there(folder: Path) -> None:  # noqa: ARG001
    assert outnumber("--version").stdout.startswith("outnumber 0.")
    assert "runtimes" in outnumber("--help").stdout
    assert "--stack-size" in outnumber("run", "--help").stdout


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\nsys.argv = ['outnumber', '--help']\nfrom bench.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'matplotlib', 'scipy', 'numpy', 'gevent', 'trio', 'rich'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_a_reader_that_has_seen_enough_is_no_failure(folder: Path) -> None:
    outnumber(*little(stranger(folder)), "--quiet", "-o", "here.json")
    command = f"'{sys.executable}' -c '{COMMAND[2]}' summary here.json"
    shell = f"{command} | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_a_summary_is_written_in_every_format(folder: Path, form: str) -> None:
    outnumber(*little(stranger(folder)), "--quiet", "-o", "here.json")
    done = outnumber("summary", "here.json", "--format", form)
    assert "strange" in done.stdout
    if form == "json":
        assert json.loads(done.stdout)["schema"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "broken.json"),
        ('{"outnumber": 1, "version": "0', "broken.json"),
        ("[" * 100_000, "broken.json"),
        ('{"outnumber": 99}', "99"),
        ('{"benchmarks": []}', "broken.json"),
    ],
)
def test_a_result_that_cannot_be_read_is_told_with_exit_code_5(
    folder: Path, text: str, message: str
) -> None:
    (folder / "broken.json").write_text(text)
    done = outnumber("summary", "broken.json", code=5)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_ours_has_its_own_code() -> None:
    program = (
        "import bench.cli.main as m\n"
        "def broken(*a, **k): raise ZeroDivisionError('oh')\n"
        "m.app = broken\nm.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 70
    assert "a fault of ours" in done.stderr
    assert os.sep in done.stderr  # the traceback is there for the report
