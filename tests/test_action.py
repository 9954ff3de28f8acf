"""The GitHub action: its steps as GitHub would run them, with an `outnumber` that only listens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from bench.cli import main
from bench.cli.options import gates
from bench.judging.gates import BY_DEFAULT, BYTES, LEAK

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
INPUTS = re.search(r"^inputs:\n(.*?)^outputs:", ACTION, re.MULTILINE | re.DOTALL)

# Writes what it was told, and the verdict that it is to come to.
LISTENER = """#!{python}
import json, os, pathlib, sys
folder = pathlib.Path(os.environ["OUTNUMBER_OUTPUT"] or "outnumber-results") / "ab"
pathlib.Path("told.json").write_text(json.dumps(sys.argv[1:]))
if os.environ["OUTCOME"] == "cut short":
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verdict.json").write_text("{{")
elif os.environ["OUTCOME"]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verdict.json").write_text(json.dumps({{"outcome": os.environ["OUTCOME"]}}))
sys.exit(int(os.environ["CODE"]))
"""
# A Python for .ci/setup to find, which says that it will do and notes what it is asked for.
INTERPRETER = """#!/bin/sh
case "$1 $2" in
"-I -c") printf '1\\t3.11.7\\t%s\\t\\n' "$0" ;;
"-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; cp "$0" "$3/bin/outnumber" ;;
"-m pip") echo "$PIP_CONSTRAINT $PIP_BUILD_CONSTRAINT $*" >>calls ;;
"--version ") echo "outnumber 1.2.3" ;;
*) exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Step:
    """How a step ended: its exit code, what the command was told, the outputs that it made."""

    code: int
    told: list[str]
    outputs: dict[str, str]
    err: str


def step(folder: Path, outcome: str = "no regression", code: int = 0, **inputs: str) -> Step:
    """The second step of the action with these inputs, in `folder`."""
    done = ended(folder, outcome, code, **inputs)
    told = folder / "told.json"
    return Step(
        done.returncode,
        json.loads(told.read_text()) if told.exists() else [],
        outputs_in(folder / "outputs"),
        done.stderr,
    )


def ended(folder: Path, outcome: str, code: int, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The same, as a process that has ended."""
    home = folder / "temp/outnumber/bin"
    home.mkdir(parents=True, exist_ok=True)
    (home / "outnumber").write_text(LISTENER.format(python=sys.executable))
    (home / "outnumber").chmod(0o755)
    (home / "python").unlink(missing_ok=True)
    (home / "python").symlink_to(sys.executable)
    given = {"output": "out"} | inputs
    variables = {f"OUTNUMBER_{name.upper()}": value for name, value in given.items()}
    return ran(folder, "ab", OUTCOME=outcome, CODE=str(code), **variables)


def ran(folder: Path, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A step's line of action.yml, in a shell as GitHub starts it."""
    line = next(
        line.split(": ", 1)[1].strip("'")
        for line in ACTION.splitlines()
        if line.strip().startswith("run:") and line.endswith(f"{name}'")
    )
    github = {
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(folder / "outputs"),
        "RUNNER_TEMP": str(folder / "temp"),
        "PATH": os.environ["PATH"],
    }
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", line]
    return subprocess.run(
        shell, cwd=folder, env=github | variables, capture_output=True, text=True, check=False
    )


def outputs_in(file: Path) -> dict[str, str]:
    """The outputs as GitHub reads them from the file."""
    outputs = {}
    lines = iter(file.read_text().splitlines() if file.exists() else [])
    for line in lines:
        name, _, end = line.partition("<<")
        assert end, f"{line}: not the beginning of an output"
        value = []
        while (line := next(lines)) != end:
            value.append(line)
        outputs[name] = "\n".join(value)
    return outputs


def test_inputs_become_words_of_the_command(tmp_path: Path) -> None:
    done = step(
        tmp_path,
        base_python="base/bin/python",
        new_python="with a space/python",
        base_set="stack-size=64KiB",
        runtime="asyncio\n  trio\n",
        at="10000",
        gates="bytes_per_unit:1% burst_seconds_per_unit",
        pairs_max="40",
        ceiling="true",
        inconclusive_ok="false",
    )
    assert done.told == [
        "ab",
        "--output=out/ab",
        "--base-python=base/bin/python",
        "--new-python=with a space/python",
        "--at=10000",
        "--pairs-max=40",
        "--base-set=stack-size=64KiB",
        "--runtime=asyncio",
        "--runtime=trio",
        "--gate=bytes_per_unit:1%",
        "--gate=burst_seconds_per_unit",
        "--ceiling",
        "--no-inconclusive-ok",
    ]


def test_without_inputs_the_command_has_its_defaults(tmp_path: Path) -> None:
    assert step(tmp_path).told == ["ab", "--output=out/ab"]


@pytest.mark.parametrize(
    "evil",
    ['"; touch pwned; "', "$(touch pwned)", "`touch pwned`", "a\ntouch pwned", "--force", "*", "'"],
)
def test_no_input_is_run_or_becomes_an_option(tmp_path: Path, evil: str) -> None:
    done = step(tmp_path, base_python=evil, runtime=evil, gates=evil)
    assert done.code == 0
    assert not (tmp_path / "pwned").exists()
    assert f"--base-python={evil}" in done.told
    assert [word for word in done.told if word.startswith("--runtime=")] == [
        f"--runtime={word}" for word in evil.split()
    ]
    assert all(re.match(r"--(output|base-python|runtime|gate)=", word) for word in done.told[1:])


@pytest.mark.parametrize(
    ("outcome", "code"), [("no regression", 0), ("regression", 1), ("inconclusive", 3)]
)
def test_the_verdict_is_an_output_and_the_exit_code_the_steps(
    tmp_path: Path, outcome: str, code: int
) -> None:
    done = step(tmp_path, outcome, code)
    assert done.code == code
    assert done.outputs == {"folder": "out", "verdict": outcome}


def test_an_inconclusive_job_that_is_let_pass_still_says_so(tmp_path: Path) -> None:
    done = step(tmp_path, "inconclusive", 0, inconclusive_ok="true")
    assert done.told[-1] == "--inconclusive-ok"
    assert (done.code, done.outputs["verdict"]) == (0, "inconclusive")


@pytest.mark.parametrize("code", [2, 4, 70, 130])
def test_where_nothing_was_decided_there_is_no_verdict_of_an_earlier_job(
    tmp_path: Path, code: int
) -> None:
    assert step(tmp_path, "no regression").outputs["verdict"] == "no regression"
    done = step(tmp_path, "", code)
    assert done.code == code
    assert done.outputs == {"folder": "out", "verdict": ""}


@pytest.mark.parametrize("outcome", ["", "cut short"])
@pytest.mark.parametrize("code", [0, 1, 3])
def test_a_verdict_that_cannot_be_read_is_a_fault_and_no_regression(
    tmp_path: Path, outcome: str, code: int
) -> None:
    done = step(tmp_path, outcome, code)
    assert done.code == 70
    assert done.err == f"outnumber: it ended with {code} and left no verdict that can be read\n"
    assert done.outputs == {"folder": "out", "verdict": ""}


def test_an_output_that_is_empty_is_the_default(tmp_path: Path) -> None:
    done = step(tmp_path, "regression", 1, output="")
    assert done.told == ["ab", "--output=outnumber-results/ab"]
    assert done.outputs == {"folder": "outnumber-results", "verdict": "regression"}
    assert re.search(r"^  output:\n.*\n    default: outnumber-results$", ACTION, re.MULTILINE)


def test_outputs_that_cannot_be_written_are_no_regression(tmp_path: Path) -> None:
    (tmp_path / "outputs").mkdir()
    assert ended(tmp_path, "regression", 1).returncode == 70


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("no-such-python", "was found on PATH"),
        ("#!/bin/sh\n[ $2 != venv ] || exit 1\n", "was found on PATH"),
        (INTERPRETER.replace('echo "$PIP', "exit 1 #"), ""),
        (INTERPRETER.replace('echo "$PIP', "exit 2 #"), ""),
    ],
    ids=["no Python", "a Python that does not run", "pip fails", "pip fails otherwise"],
)
def test_a_setup_that_fails_measured_nothing_and_is_no_regression(
    tmp_path: Path, python: str, said: str
) -> None:
    program = tmp_path / "python3"
    program.write_text(python)
    program.chmod(0o755)
    name = str(program) if python.startswith("#!") else python
    done = ran(tmp_path, "setup", SETUP_PYTHON=name)
    assert done.returncode == 4
    assert said in done.stderr
    assert "outnumber: it could not be set up (the reason stands above)" in done.stderr


def test_a_folders_name_adds_no_output(tmp_path: Path) -> None:
    name = "out\nverdict=no regression\nEOF\nverdict<<EOF\nno regression"
    assert step(tmp_path, "regression", 1, output=name).outputs == {
        "folder": name,
        "verdict": "regression",
    }


def test_what_is_neither_true_nor_false_is_told(tmp_path: Path) -> None:
    done = step(tmp_path, ceiling="yes")
    assert (done.code, done.told) == (2, [])
    assert done.err == "outnumber: input ceiling is 'yes'; write true or false\n"


def test_outnumber_is_set_up_from_the_actions_own_checkout(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text(INTERPRETER)
    python.chmod(0o755)
    done = ran(tmp_path, "setup", SETUP_PYTHON=str(python))
    assert (done.returncode, done.stdout) == (0, "outnumber 1.2.3\n"), done.stderr
    pins = ROOT / "constraints.txt"
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert call.startswith(f"{pins} {pins} -m pip install ")
    assert call.endswith(f" {ROOT}[runtimes]")


def test_inputs_reach_the_shell_through_the_environment_alone() -> None:
    """GitHub writes an expression in a step's text into the program of its shell."""
    handed = re.findall(r"^ +[A-Z_]+: \${{ inputs\.([a-z-]+) }}$", ACTION, re.MULTILINE)
    made = re.findall(r"^ +value: \${{ steps\.ab\.outputs\.[a-z]+ }}$", ACTION, re.MULTILINE)
    assert ACTION.count("${{") == len(handed) + len(made)
    assert INPUTS
    assert sorted(handed) == sorted(re.findall(r"^  ([a-z-]+):$", INPUTS[1], re.MULTILINE))


def options(words: Sequence[str]) -> set[str]:
    """The options of the command that `outnumber WORDS…` begins with, as they are typed."""
    command: Any = typer.main.get_command(main.app)
    for word in words:
        if word not in getattr(command, "commands", {}):
            break
        command = command.commands[word]
    assert not hasattr(command, "commands"), f"outnumber {' '.join(words)}: no such command"
    return {word for one in command.params for word in (*one.opts, *one.secondary_opts)}


def test_what_the_action_types_the_command_takes(tmp_path: Path) -> None:
    for flag in ("true", "false"):
        given: dict[str, Any] = dict.fromkeys(re.findall(r"OUTNUMBER_([A-Z_]+):", ACTION), "word")
        given |= dict.fromkeys(("CEILING", "INCONCLUSIVE_OK", "SAME_OK"), flag)
        typed = step(tmp_path, **given).told[1:]
        assert len(typed) == len(given)
        assert {word.partition("=")[0] for word in typed} <= options(["ab"])


def test_the_page_names_the_actions_inputs() -> None:
    assert INPUTS
    table = re.search(r"^\| input \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert table
    inputs = set(re.findall(r"^  ([a-z-]+):$", INPUTS[1], re.MULTILINE))
    assert set(re.findall(r"`([a-z-]+)`(?=[^|]*\|[^|]*\|$)", table[0], re.MULTILINE)) == inputs


def test_the_page_types_options_that_there_are() -> None:
    typed = re.findall(r"\boutnumber\"? ([a-z]+ [^`\n]+)", PAGE)
    commands = [words.split() for words in typed if re.search(r" -", words)]
    assert len(commands) >= 9
    for words in commands:
        assert {word for word in words if word.startswith("-")} <= options(words), words


def test_the_pages_workflows_hand_over_inputs_that_there_are() -> None:
    assert INPUTS
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (workflow,) = [block for block in blocks if "uses: OWNER/outnumber@REF" in block]
    given = re.search(r"OWNER/outnumber@REF\n.*?with:\n((?: {10}[^\n]*\n)+)", workflow, re.DOTALL)
    assert given
    inputs = dict(re.findall(r"^ +([a-z-]+): (.*?)(?:  #.*)?$", given[1], re.MULTILINE))
    assert inputs.keys() == {"base-python", "new-python", "runtime", "inconclusive-ok"}
    assert inputs["inconclusive-ok"] == "true"


def test_no_time_decides_in_what_the_page_has_people_write() -> None:
    """Hosted machines differ by more than most changes do: bytes and leaks decide there, as they do
    where nothing is gated."""
    assert BY_DEFAULT == (BYTES, LEAK)
    (table,) = re.findall(
        r"^```toml\n(\[tool\.outnumber\].*?)^```$", PAGE, re.MULTILINE | re.DOTALL
    )
    named = gates(tomllib.loads(table)["tool"]["outnumber"]["gate"])
    assert named.keys() <= set(BY_DEFAULT)
    workflows = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert not any("gate" in words for words in workflows)
    job = next(block for block in workflows if "outnumber ab" in block)
    assert "--inconclusive-ok" in job
