"""The commands as a user types them, in a process of their own: output, files and exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from bench.cli import choose
from bench.errors import UsageError
from tests.support.commands import (
    COMMAND,
    little,
    outnumber,
    outnumber_here,
    running,
    stranger,
    unread,
    wait_for_pid,
    with_page,
)
from tests.support.scripts import OBEDIENT, answering

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which commands are typed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@dataclass(frozen=True)
class Finished:
    """A run that is over: where it was typed, what it said, and the result's path from there."""

    folder: Path
    stdout: str

    @property
    def path(self) -> Path:
        return Path(self.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """One run for all who only look at what comes of it."""
    place = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("COLUMNS", "120")
        return Finished(place, outnumber(*with_page(stranger(place))).stdout)


def result_of(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    loaded = json.loads(Path(done.stdout.splitlines()[-1]).read_text())
    assert isinstance(loaded, dict)
    return loaded


def test_a_run_ends_with_table_finding_page_and_path(finished: Finished) -> None:
    folder = finished.folder
    own, path = sorted((folder / "outnumber-results").iterdir())
    assert path.name == f"{own.name}.json"
    page = path.with_suffix("") / "report.html"
    assert finished.stdout.splitlines()[-2:] == [
        str(page.relative_to(folder)),
        str(path.relative_to(folder)),
    ]
    assert "strange unit" in finished.stdout
    assert "requested count" in finished.stdout
    assert "strange units" in page.read_text(encoding="utf-8")
    assert {place.suffix for place in page.parent.iterdir()} == {
        *(".html", ".png", ".svg", ".pdf", ".md", ".csv")
    }


def test_where_the_page_cannot_be_written_the_result_is_safe(folder: Path) -> None:
    (folder / "here").write_text("precious")
    done = outnumber(*with_page(stranger(folder)), "-o", "here.json", code=2)
    assert "here: the report cannot be written there" in done.stderr
    assert "outnumber report RESULT -o DIR" in done.stderr
    assert done.stdout.splitlines()[-1] == "here.json"
    assert result_of(done)["finished"]
    assert (folder / "here").read_text() == "precious"


def test_quiet_prints_the_path_and_nothing_else(folder: Path) -> None:
    done = outnumber(*with_page(stranger(folder)), "--quiet", "-o", "here.json")
    assert done.stdout == "here.json\n"
    assert done.stderr == ""


def test_without_a_report_the_result_stands_alone(folder: Path) -> None:
    outnumber(
        *with_page(stranger(folder)), "--no-report", "-q", "-o", "outnumber-results/here.json"
    )
    assert [path.name for path in (folder / "outnumber-results").iterdir()] == ["here.json"]


def test_a_result_is_not_overwritten_without_force(folder: Path) -> None:
    words = (*little(stranger(folder)), "-o", "here.json")
    (folder / "here.json").write_text("precious")
    done = outnumber_here(*words, code=2)
    assert "here.json" in done.stderr
    assert "--force" in done.stderr
    assert (folder / "here.json").read_text() == "precious"
    outnumber(*words, "--force", "--quiet")
    assert json.loads((folder / "here.json").read_text())["outnumber"] == 2


def test_a_place_that_cannot_be_written_is_found_out_before_anything_is_measured(
    folder: Path,
) -> None:
    witness = folder / "started"
    body = f"open({str(witness)!r}, 'w').close()\n" + OBEDIENT
    (folder / "file").write_text("")
    done = outnumber_here(*little(stranger(folder, body)), "-o", "file/here.json", code=2)
    assert "file/here.json" in done.stderr
    assert not witness.exists()


def test_noise_keeps_its_pairs_and_says_what_can_be_pasted(folder: Path) -> None:
    little = ("noise", "--runner", str(stranger(folder)), "--pairs", "6", "--at", "200")
    only = ("--gate", "burst_seconds_per_unit")
    assert outnumber(*little, *only, "-q", "-o", "here.json").stdout == "here.json\n"
    again = outnumber("noise", "here.json", *only)
    assert "[tool.outnumber]" in again.stdout


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_noise_says_why_its_runner_died(folder: Path, quiet: tuple[str, ...]) -> None:
    dying = stranger(folder, "sys.exit('no gate here')")
    done = outnumber("noise", "--runner", str(dying), "-o", "here.json", *quiet, code=4)
    said = done.stderr if quiet else done.stdout
    assert re.search(r"could not start: it ended with status 1; it said:\n +no gate here\n", said)
    assert (done.stdout + done.stderr).count("no gate here") == 1


WRONG = [
    (("run", "--runtime", "asincio"), "did you mean asyncio?"),
    (("run", "--runtime", "qqq"), "there are pthread, threading"),
    (("noise", "--pairs", "2", "-r", "asyncio"), "--pairs: 2 is not between 6 and 200"),
    (("noise", "--gate", "ceiling", "-r", "asyncio"), "a ceiling is measured once"),
    (("noise", "here.json", "-r", "asyncio"), "with a RESULT nothing is measured"),
    (("run", "--max", "0"), "'0' is not a whole number from 1"),
    (("run", "--max", "-5"), "'-5' is not a whole number from 1"),
    (("run", "--max", "many"), "'many' is not a whole number from 1"),
    (("run", "--max", "1.5"), "'1.5' is not a whole number from 1"),
    (("run", "--max", "9" * 30), "is not a whole number from 1 to 1,000,000,000"),
    (("run", "--sweeps", "-1"), "'-1' is not a whole number from 0 to 1,000,000,000"),
    (("run", "--seed", "-3"), "'-3' is not a whole number from 0 to 1,000,000,000"),
    (("ab", "--pairs", "0"), "'0' is not a whole number from 1 to 200; type 20, for example"),
    (("ab", "--pairs", "300"), "'--pairs': '300' is not a whole number from 1 to 200"),
    (("ab", "--pairs-max", "201"), "'201' is not a whole number from 1 to 200"),
    (("noise", "--pairs", "201"), "'201' is not a whole number from 1 to 200"),
    (("noise", "here.json", "--pairs", "5"), "nothing is measured: leave out --pairs"),
    (("noise", "here.json", "--at", "5", "--seed", "0"), "leave out --at, --seed"),
    (("run", "--stack-size", "99999999TiB"), "'99999999TiB' is more than any machine has"),
    (("run", "--budget", "0"), "'0' is not a duration"),
    (("run", "--budget", "nan"), "'nan' is not a duration"),
    (("run", "--stack-size", "big"), "type a number of bytes, or 64KiB"),
    (
        ("run", "--stack-size", "64KiB", "-r", "asyncio"),
        "--stack-size: 'stack-size' means nothing to asyncio",
    ),
    *(
        (("run", "--futex-slots", number), f"'{number}' is not a power of two from 2 to 1,048,576")
        for number in ("0", "1", "3", "16383", "2097152", "many")
    ),
    (
        ("run", "--futex-slots", "16", "-r", "trio"),
        "--futex-slots: 'futex-slots' means nothing to trio",
    ),
    (("run", "--quick", "--thorough"), "exclude each other"),
    (("run", "--no-climb", "--sweeps", "0"), "leaves nothing to do"),
    (("run", "--python", "no-such-python"), "cannot be run as a program"),
    (("run", "--runner", "none.toml"), "none.toml: cannot be read"),
    (("run", "--colour"), "No such option"),
    (("sing",), "No such command"),
    (("summary", "--format", "poem", "x.json"), "poem"),
]


@pytest.mark.parametrize(("words", "message"), WRONG, ids=[" ".join(w) for w, _ in WRONG])
def test_wrong_words_are_a_usage_error(folder: Path, words: tuple[str, ...], message: str) -> None:
    done = outnumber_here(*words, code=2)
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
    sweep = result_of(done)["sessions"][0]  # type: ignore[index]
    assert sweep["stop"]["status"] == "failed"
    assert "status 9" in sweep["stop"]["message"]
    assert [step["alive"] for step in sweep["steps"]] == [100]


def test_the_result_exists_even_if_the_only_sweep_broke(folder: Path) -> None:
    entry = stranger(folder, answering("sys.exit(9)"))
    done = outnumber(*little(entry), "-o", "here.json", code=4)
    assert "nothing could be measured; here.json says what was tried" in done.stderr
    assert "strange: the runner ended with status 9 before answering 'grow 100'" in done.stdout
    assert json.loads((folder / "here.json").read_text())["sessions"][0]["steps"] == []


@pytest.mark.parametrize("command", ["run", "ceiling", "limits"])
def test_a_runner_that_never_says_hello_is_told_with_its_words(folder: Path, command: str) -> None:
    entry = stranger(folder, "sys.exit('no such setting')")
    words = ("-q", "-o", "here.json") if command != "limits" else ()
    done = outnumber(command, "--runner", str(entry), *words, code=4)
    said = done.stdout + done.stderr
    assert "the runner could not start: it ended with status 1" in said
    assert "no such setting" in said


def test_the_others_run_after_a_death(folder: Path) -> None:
    dying = stranger(folder, answering("sys.exit(9)"), "dying")
    living = stranger(folder, OBEDIENT, "living")
    done = outnumber(*little(dying), "--runner", str(living))
    assert "living unit" in done.stdout
    kept = {sweep["case"] for sweep in result_of(done)["sessions"] if sweep["steps"]}  # type: ignore[attr-defined]
    assert kept == {"living"}


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)],
)
@pytest.mark.parametrize("moment", ["hello", "burst"])
def test_a_signal_ends_everything_and_keeps_what_was_finished(
    folder: Path, number: signal.Signals, code: int, moment: str
) -> None:
    witness = folder / "pid"
    here = f"open({str(witness)!r}, 'w').write(str(os.getpid()))"
    growing = "        grow(int(count))\n"
    # One is deaf, and has to be killed.
    waiting = "time.sleep(600)" if number == signal.SIGTERM else "sys.stdin.read()"
    until_its_input_ends = f"        if count != '100': {here}; sys.exit(sys.stdin.read())\n"
    bodies = {
        "hello": f"{here}; {waiting}",
        "burst": OBEDIENT.replace(growing, until_its_input_ends + growing),
    }
    entry = stranger(folder, bodies[moment])
    with running(*little(entry), "-o", "here.json") as harness:
        runner = wait_for_pid(witness)
        harness.send_signal(number)
        _, said = harness.communicate(timeout=100)
    assert harness.returncode == code
    told = {
        "hello": "nothing was measured yet; here.json says what was tried",
        "burst": "what was measured until then is kept; type: outnumber summary here.json",
    }
    assert said.decode().splitlines()[-1] == (
        f"outnumber: interrupted by {number.name}; {told[moment]}"
    )
    assert not psutil.pid_exists(runner)
    stored = json.loads((folder / "here.json").read_text())
    assert stored["finished"] is None
    assert stored["sessions"][-1]["stop"]["status"] == "interrupted"
    if moment == "burst":
        assert [step["alive"] for step in stored["sessions"][-1]["steps"]] == [100]


def test_a_signal_while_the_command_is_loaded_is_told_too() -> None:
    program = (
        "import os, signal, sys\n"
        "class Late:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'typer': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Late())\n"
        "from outnumber.__main__ import main\n"
        "main()"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "outnumber: interrupted by SIGINT\n")


@pytest.mark.parametrize("module", ["typer", "bench.signals", "bench.cli.ab"])
@pytest.mark.parametrize("error", ["ImportError", "SyntaxError", "OSError"])
def test_a_start_that_fails_is_a_fault_and_no_regression(module: str, error: str) -> None:
    program = (
        "import sys\n"
        "class Broken:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == '{module}': raise {error}('no such thing')\n"
        "sys.meta_path.insert(0, Broken())\n"
        "from outnumber.__main__ import main\n"
        "main()"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert f"outnumber cannot start: {error}: no such thing\n" in done.stderr
    assert done.stderr.endswith("-m pip install --force-reinstall outnumber\n")


def test_a_library_that_ends_the_process_makes_no_verdict() -> None:
    program = (
        "import sys\n"
        "from unittest import mock\n"
        "from bench.cli import main\n"
        "with mock.patch.object(main, 'app', lambda **_: sys.exit(1)): main.main()"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert "internal error; please report the above" in done.stderr


def test_no_cgroup_is_left_behind(folder: Path) -> None:
    with running(*little(stranger(folder)), "--quiet") as harness:
        assert harness.wait(200) == 0
    assert list(Path("/sys/fs/cgroup").glob(f"**/outnumber-{harness.pid}-*")) == []


def test_a_dry_run_shows_the_plan_and_writes_nothing(folder: Path) -> None:
    done = outnumber_here("run", "--dry-run", "--seed", "5")
    assert "asyncio" in done.stdout
    assert "1,000,000" in done.stdout
    assert "--seed 5" in done.stdout
    assert list(folder.iterdir()) == []


def test_runtimes_lists_what_can_run_here(folder: Path) -> None:  # noqa: ARG001
    done = outnumber_here("runtimes")
    for name in ("pthread", "threading", "greenlet", "gevent", "asyncio", "trio", "goroutine"):
        assert name in done.stdout
    assert "goroutine:locked (on request)" in done.stdout


def test_the_version_and_help_are_there(folder: Path) -> None:  # noqa: ARG001
    assert outnumber("--version").stdout.startswith("outnumber 0.")
    assert "runtimes" in outnumber_here("--help").stdout
    assert "--stack-size" in outnumber_here("run", "--help").stdout


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


def test_a_reader_that_has_seen_enough_is_no_failure(finished: Finished) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [*COMMAND, "summary", str(finished.folder / finished.path)]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_that_was_closed_ends_no_run(folder: Path) -> None:
    """As it happens under `nohup`: SIGHUP is ignored, and every write fails."""
    master, terminal = pty.openpty()
    os.close(master)
    words = [*COMMAND, *little(stranger(folder)), "-o", "here.json"]
    done = subprocess.run(words, stdout=terminal, stderr=terminal, timeout=200, check=False)
    os.close(terminal)
    assert done.returncode == 0
    assert json.loads((folder / "here.json").read_text())["finished"] is not None


def test_noise_that_measured_nothing_says_so_whatever_the_reader_does(folder: Path) -> None:
    dead = str(stranger(folder, "sys.exit(3)"))
    code, said = unread("noise", "--runner", dead, "--pairs", "6", "-o", "noise.json")
    assert code == 4
    assert "nothing could be measured; noise.json says what was tried" in said


@pytest.mark.parametrize(("words", "code"), [("--version", 0), ("sing", 2)])
def test_a_command_ends_well_where_its_outputs_were_closed_before(words: str, code: int) -> None:
    shell = f"'{sys.executable}' -c '{COMMAND[2]}' {words} >&- 2>&-"
    assert subprocess.run(["sh", "-c", shell], check=False).returncode == code


@pytest.mark.parametrize("words", ["--version", "--help", "summary", "export"])
def test_a_full_disk_is_no_fault_of_ours_and_is_told(finished: Finished, words: str) -> None:
    path = str(finished.folder / finished.path)
    more = {
        "summary": (path, "--format", "csv"),
        "export": (path, "--format", "pyperf"),
    }
    with Path("/dev/full").open("w") as full:
        command = [*COMMAND, words, *more.get(words, ())]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith(
        "outnumber: standard output cannot be written: No space left on device; make room, or send "
        "it elsewhere\n"
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(("words", "code"), [(("sing",), 2), (("summary", "none.json"), 5)])
def test_an_exit_code_stays_what_it_is_where_nobody_reads_the_message(
    words: tuple[str, ...], code: int, unbuffered: str
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run([*COMMAND, *words], stdout=writer, stderr=writer, env=env, check=False)
    os.close(writer)
    assert done.returncode == code


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_a_summary_is_written_in_every_format(finished: Finished, form: str) -> None:
    done = outnumber_here("summary", str(finished.folder / finished.path), "--format", form)
    assert "strange" in done.stdout
    if form == "json":
        assert json.loads(done.stdout)["schema"] == 2


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
    done = outnumber_here("summary", "broken.json", code=5)
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
    assert "internal error" in done.stderr
    assert os.sep in done.stderr  # the traceback is there for the report


def test_where_the_kernel_has_no_futex_hash_of_a_process_its_slots_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choose, "has_own_hash", lambda: False)
    with pytest.raises(UsageError, match="--futex-slots: this kernel gives processes no futex"):
        choose.cases(["pthread"], None, None, settings={"stack-size": None, "futex-slots": 16})
    monkeypatch.setattr(choose, "has_own_hash", lambda: True)
    typed = {"stack-size": 65536, "futex-slots": 16}
    (case,) = choose.cases(["pthread"], None, None, settings=typed)
    assert case.settings == {"stack-size": "65536", "futex-slots": "16"}
