"""A heavier unit, injected in a real runtime, is found by the real command."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bench.judging.verdicts import Judgement
from runners.catalogue import FOLDER
from tests.support.commands import outnumber

UNIT = FOLDER / "python" / "asyncio_task.py"
# 82 bytes and the 33 of a bytes object: some 10 % of a task.
HELD = ("\n    await gate.wait()", "\n    held = bytes(82)\n    await gate.wait()")


def runner(folder: Path, name: str, text: str) -> str:
    """A runner file for asyncio, whose unit is as in `text`."""
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    serve = FOLDER / "python" / "serve.py"
    path = folder / f"{name}.toml"
    path.write_text(
        'name = "asyncio"\nlabel = "asyncio task"\nkind = "task"\nlanguage = "Python"\n'
        f'source = "{name}.py"\ncommand = ["{{python}}", "-I", "{serve}", "{{source}}"]\n'
    )
    return str(path)


@pytest.mark.live
@pytest.mark.slow
def test_a_held_buffer_is_a_heavier_unit(tmp_path: Path) -> None:
    plain = UNIT.read_text(encoding="utf-8")
    assert plain.count(HELD[0]) == 1
    outnumber(
        "ab",
        "--base-runner", runner(tmp_path, "plain", plain),
        "--new-runner", runner(tmp_path, "held", plain.replace(*HELD)),
        "--gate", "bytes_per_unit", "--pairs-max", "7", "--at", "2000", "--quiet",
        "-o", str(tmp_path / "out"),
        code=1,
    )  # fmt: skip
    judged = msgspec.json.decode((tmp_path / "out/verdict.json").read_bytes(), type=Judgement)
    (verdict,) = judged.decision.gated
    assert verdict.verdict == "regression"
    assert verdict.effect == pytest.approx(1.1, abs=0.04)
