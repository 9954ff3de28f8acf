"""Limits so small that the start, the first unit or the command is refused: each is named."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.support import cgroups, seccomp
from tests.support.commands import COMMAND, stranger

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux"),
]
# Where the command itself has hardly any room, nothing else may be loaded into its process.
BARE = (sys.executable, "-m", "outnumber")


def typed(
    folder: Path, *words: str, before: tuple[str, ...] = (), command: tuple[str, ...] = COMMAND
) -> tuple[int, Any, str]:
    """A command under a limit: its exit code, its first sweep's stop, its errors."""
    file = folder / "result.json"
    done = subprocess.run(
        [*before, *command, *words, "-q", "-o", str(file), "--force"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr
    sweeps = json.loads(file.read_text())["sessions"] if file.exists() else []
    return done.returncode, sweeps[0]["stop"] if sweeps else None, done.stderr


def ceiling(
    folder: Path, name: str, *before: str, command: tuple[str, ...] = COMMAND
) -> tuple[int, Any, str]:
    words = ("ceiling", "-r", name, "--budget", "1")
    return typed(folder, *words, before=before, command=command)


@pytest.mark.parametrize("name", ["threading", "pthread"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_pids_cgroup_that_refuses_the_start_or_the_first_units_is_named(
    tmp_path: Path, name: str, limit: int
) -> None:
    with cgroups.made("pids", limit) as group:
        code, stop, said = ceiling(tmp_path, name, *cgroups.inside(group))
    assert (code, stop["status"], stop["limit"]) == (0, "refused", "pids.max"), said
    assert stop["count"] <= limit


def test_a_run_whose_start_is_refused_names_the_limit_and_ends_with_4(tmp_path: Path) -> None:
    with cgroups.made("pids", 1) as group:
        words = ("run", "-r", "asyncio", "--max", "100", "--no-report")
        code, stop, said = typed(tmp_path, *words, before=cgroups.inside(group))
    assert (code, stop["limit"]) == (4, "pids.max")
    assert "asyncio: pids.max refused the start: " in said


@pytest.mark.parametrize(("name", "limit"), [("threading", 6), ("asyncio", 8), ("threading", 10)])
def test_too_few_descriptors_are_named(tmp_path: Path, name: str, limit: int) -> None:
    code, stop, said = ceiling(tmp_path, name, "prlimit", f"--nofile={limit}", "--")
    assert (code, stop["count"], stop["limit"]) == (0, 0, "RLIMIT_NOFILE"), said


# With still less, now and then Python aborts before it can run anything of ours.
@pytest.mark.parametrize("megabytes", [40, 45])
def test_where_the_command_itself_has_no_room_its_limit_is_named(
    tmp_path: Path, megabytes: int
) -> None:
    before = ("prlimit", f"--as={megabytes}000000", "--")
    code, _, said = ceiling(tmp_path, "asyncio", *before, command=BARE)
    assert code == 4
    assert "RLIMIT_AS" in said


@pytest.mark.parametrize(
    ("name", "limit", "most"),
    [("asyncio", 1, 0), ("pthread", 1, 0), ("threading", 4, 3)],
)
def test_an_ordinary_users_few_processes_are_named(
    tmp_path: Path, name: str, limit: int, most: int
) -> None:
    own = tmp_path / "own"
    code, stop, said = ceiling(own, name, *lonely_user(own, limit))
    assert (code, stop["status"], stop["limit"]) == (0, "refused", "RLIMIT_NPROC"), said
    assert stop["count"] <= most


def lonely_user(own: Path, limit: int) -> tuple[str, ...]:
    """The words that make a command one of a user who runs nothing else and may have so many
    processes; the one capability lets it read an interpreter of root's."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("root alone can become a user that runs nothing")
    user, can = 54_322, "-all,+dac_override"
    own.mkdir()
    os.chown(own, user, user)
    become = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
    can_read = (f"--inh-caps={can}", f"--ambient-caps={can}")
    home = ("env", f"HOME={own}", f"XDG_CACHE_HOME={own}")
    return (*become, *can_read, *home, "prlimit", f"--nproc={limit}", "--")


def test_a_limit_that_refuses_the_compilers_own_processes_is_named(tmp_path: Path) -> None:
    """A compiler with GCC's words, which GCC itself says only after trying for 15 seconds. Nobody
    but root may look into a test's own folder for it."""
    said = "cc: fatal error: cannot execute 'cc1': vfork: Resource temporarily unavailable"
    with tempfile.TemporaryDirectory() as programs:
        cc = Path(programs, "cc")
        cc.write_text(f'#!/bin/sh\n[ "$1" = --version ] || {{ echo "{said}" >&2; exit 1; }}\n')
        for path in (cc, cc.parent):
            path.chmod(0o755)
        before = lonely_user(tmp_path / "own", 3)
        first = f"PATH={programs}:{os.environ['PATH']}"
        code, stop, said = ceiling(tmp_path / "own", "pthread", "env", first, *before)
    assert (code, stop["status"], stop["limit"]) == (0, "refused", "RLIMIT_NPROC"), said
    assert (stop["count"], stop["message"]) == (0, "the runner could not be built")


# What is put into a mount namespace of its own before a command starts there.
STRANGE = {
    "/proc shows processes alone": "mount -t proc -o subset=pid proc /proc",
    "/proc hides the processes of others": "mount -t proc -o hidepid=2 proc /proc",
    "/proc can only be read": "mount -o remount,ro,bind /proc",
    "/tmp can only be read": "mount -t tmpfs -o ro none /tmp; mount -t tmpfs -o ro none /var/tmp",
}


@pytest.mark.parametrize("mounted", STRANGE.values(), ids=STRANGE.keys())
def test_a_command_works_where_folders_of_the_system_are_strange(mounted: str) -> None:
    """In `/dev/shm`, since a test's own folder is below `/tmp`."""
    if "/tmp" in mounted and Path("/tmp") in Path(__file__).parents:
        pytest.skip("the checkout itself is below /tmp")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        own_ids = ("--pid", "--fork") if "mount -t proc" in mounted else ()
        inside = ("unshare", "--mount", *own_ids, "sh", "-c", f'{mounted} && exec "$@"')
        if subprocess.run([*inside, "sh", "true"], capture_output=True, check=False).returncode:
            pytest.skip("no namespace of its own can be made here")
        variables = ("sh", "env", f"XDG_CACHE_HOME={place}/cache")
        code, stop, said = ceiling(Path(place), "pthread", *inside, *variables)
    assert (code, stop["count"] > 0) == (0, True), said
    assert "could not be built" not in stop["message"]


def test_go_which_cannot_start_in_little_address_space_names_the_limit(tmp_path: Path) -> None:
    code, stop, said = ceiling(tmp_path, "goroutine", "prlimit", "--as=300000000", "--")
    assert (code, stop["count"], stop["limit"]) == (0, 0, "RLIMIT_AS"), said


@pytest.mark.parametrize(
    ("option", "name"), [("--nofile=3", "RLIMIT_NOFILE"), ("--as=3000000", "RLIMIT_AS")]
)
def test_a_limit_that_a_runners_command_sets_for_it_alone_is_named(
    tmp_path: Path, option: str, name: str
) -> None:
    entry = stranger(tmp_path)
    wrapped = f'command = ["prlimit", "{option}", "--", '
    entry.write_text(entry.read_text().replace("command = [", wrapped))
    words = ("--runner", str(entry))
    code, stop, said = typed(tmp_path, "ceiling", *words, "--budget", "1")
    assert (code, stop["count"], stop["limit"]) == (0, 0, name), said
    assert "for the runner alone" in stop["evidence"][0]
    code, stop, said = typed(tmp_path, "run", *words, "--max", "10", "--sweeps", "1", "--no-report")
    assert (code, stop["count"], stop["limit"]) == (4, 0, name), said


def test_a_compiler_that_a_limit_kills_without_a_word_is_no_fault_of_its_own(
    tmp_path: Path,
) -> None:
    words = ("run", "-r", "goroutine", "--max", "10", "--no-report")
    code, _, said = typed(
        tmp_path, *words, before=("prlimit", "--data=30000000", "env", f"XDG_CACHE_HOME={tmp_path}")
    )
    assert (code, "RLIMIT_DATA refused it" in said) == (4, True), said


@pytest.mark.parametrize(
    ("name", "error"),
    [("pthread", "EPERM: Operation not permitted"), ("threading", "RuntimeError: can't start new")],
)
def test_a_filter_that_refuses_threads_is_named_and_no_errno_is_invented(
    tmp_path: Path, name: str, error: str
) -> None:
    if not seccomp.is_possible():
        pytest.skip("no filter can be set here")
    code, stop, _ = ceiling(tmp_path, name, *seccomp.refusing(seccomp.CLONE3, errno.EPERM))
    assert (code, stop["count"], stop["limit"]) == (0, 0, "seccomp (EPERM)")
    assert stop["message"].startswith(error)
    assert stop["errno"] == (errno.EPERM if name == "pthread" else None)
