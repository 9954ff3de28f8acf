"""Completion of commands in bash, zsh and fish."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import COMMAND, outnumber

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script_and_its_completions(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    script = outnumber("--show-completion", shell).stdout
    assert "_OUTNUMBER_COMPLETE" in script
    assert f"complete_{shell}" in script
    for typed, wanted in (("outnumber ru", "runtimes"), ("outnumber run -r gev", "gevent")):
        asked = {
            "_OUTNUMBER_COMPLETE": f"complete_{shell}",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(typed.split()) - 1),
            "_TYPER_COMPLETE_ARGS": typed,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }
        done = subprocess.run(
            COMMAND, env={**os.environ, **asked}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert wanted in done.stdout
    done = outnumber("--install-completion", shell)
    assert shell in done.stdout
    assert [file for file in tmp_path.rglob("*") if file.is_file()]


@pytest.mark.parametrize(
    "asked", ["bogus", "complete_tcsh", "complete_bash", "source_bash_x"], ids=str
)
def test_a_question_of_a_shell_that_makes_no_sense_shows_no_traceback(asked: str) -> None:
    done = subprocess.run(
        COMMAND,
        env={**os.environ, "_OUTNUMBER_COMPLETE": asked},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stdout + done.stderr
