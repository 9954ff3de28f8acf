"""`outnumber limits` and `outnumber ceiling` as a user types them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bench.limits.known import KNOWN
from bench.model.records import MEMORY_LIMIT
from tests.support import cgroups
from tests.support.commands import COMMAND, outnumber, outnumber_here
from tests.test_cli import folder

__all__ = ["folder"]
pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.usefixtures("folder")]
MIB = 1 << 20
LIMITS = Path(__file__).parents[1] / "docs/limits.md"


def test_the_table_shows_each_limit_the_prediction_and_what_lifts_it() -> None:
    said = outnumber("limits", "--runtime", "pthread").stdout
    for word in ("per unit", "kernel.pid_max", "predicted ceiling", "to lift it", "next limit"):
        assert word in said
    assert not list(Path.cwd().iterdir())


def test_limits_are_reported_to_programs() -> None:
    reported = json.loads(outnumber("limits", "-r", "pthread", "--format", "json").stdout)
    assert reported["schema"] == 1
    (one,) = reported["runtimes"]
    assert one["pilot"] <= 3_000
    assert one["predicted"] > 0
    assert {"name", "value", "use", "take", "allows", "where", "known"} <= set(one["limits"][0])
    allowed = [row["allows"] for row in one["limits"] if row["allows"] is not None]
    assert one["binding"] == one["limits"][0]["name"]
    assert allowed[1:] == sorted(allowed[1:])  # the first may be a reserve's


def test_a_ceiling_is_reported_with_evidence_and_kept() -> None:
    with cgroups.made("pids", 400) as group:
        words = ("ceiling", "-r", "pthread", "-o", "c.json")
        done = in_cgroup(group, *words)
    assert done.returncode == 0, done.stderr
    assert "refused: pids.max" in done.stdout
    assert f"pids.max in {group} is 400, 400 in use" in done.stdout
    assert f"to go further: echo 800 > {group}/pids.max" in done.stdout
    assert "room for" in done.stdout
    assert done.stdout.splitlines()[-1] == "c.json"
    stop = json.loads(Path("c.json").read_text())["sessions"][0]["stop"]
    assert stop["limit"] == "pids.max"
    assert stop["predicted"] == pytest.approx(stop["count"], rel=0.02)
    assert outnumber_here("summary", "c.json").stdout


def test_a_reserve_stops_a_launch_in_a_shared_cgroup_and_the_limit_is_projected() -> None:
    with cgroups.made("pids", 900) as group:
        stranger_ = subprocess.Popen([*cgroups.inside(group), "sleep", "600"])
        try:
            words = ("ceiling", "-r", "pthread", "-o", "c.json", "--reserve-pids", "200", "-q")
            done = in_cgroup(group, *words)
        finally:
            stranger_.kill()
            stranger_.wait()
    assert done.stdout == "c.json\n"
    stop = json.loads(Path("c.json").read_text())["sessions"][0]["stop"]
    assert (stop["status"], stop["limit"], stop["where"]) == ("reserve", "pids.max", str(group))
    assert stop["projected"] - stop["count"] == 200
    assert stop["predicted"] == stop["count"]


def test_to_the_wall_asks_first() -> None:
    words = ["ceiling", "-r", "pthread", "--to-the-wall", "-o", "c.json"]
    done = subprocess.run(
        [*COMMAND, *words], input="n\n", capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "leaves nothing to other processes" in done.stderr
    assert not Path("c.json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ceiling", "-r", "pthred"), "did you mean pthread?"),
        (("limits", "-r", "pthred"), "did you mean pthread?"),
        (("ceiling", "--budget", "0"), "is not a duration of a second or more"),
        (("ceiling", "--reserve-memory", "much"), "is not a size"),
        (("ceiling", "--reserve-pids", "-1"), "is not a whole number from 0"),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], message: str) -> None:
    done = outnumber_here(*words, code=2)
    assert message in " ".join(done.stderr.replace("│", " ").split())


def test_harness_and_runner_in_300_mib_end_in_a_named_limit() -> None:
    with cgroups.made("memory", 300 * MIB) as group:
        done = in_cgroup(group, "ceiling", "-r", "asyncio", "-o", "c.json")
    assert done.returncode == 0, done.stderr
    stop = json.loads(Path("c.json").read_text())["sessions"][0]["stop"]
    assert (stop["status"], stop["limit"]) == ("killed", cgroups.limit_file("memory"))
    assert any(line.startswith("OOM kill counted") for line in stop["evidence"])
    assert stop["count"] > 100_000
    assert 0.95 <= stop["predicted"] / stop["count"] <= 1.05


def test_a_run_names_the_limit_that_stopped_it() -> None:
    with cgroups.made("pids", 1_600) as group:
        words = ("run", "-r", "pthread", "-r", "asyncio", "--quick", "--sweeps", "1")
        done = in_cgroup(group, *words, "--max", "4000", "--no-report", "-o", "c.json")
    assert done.returncode == 0, done.stderr
    assert "pids.max" in done.stdout
    assert "(pids.max, 1,600 pids)" in " ".join(done.stdout.split())
    sweeps = json.loads(Path("c.json").read_text())["sessions"]
    climb = next(s for s in sweeps if (s["case"], s["purpose"]) == ("pthread", "climb"))
    assert climb["limits"][0]["name"] == "pids.max"
    assert climb["stop"]["predicted"] == climb["stop"]["count"]


def test_every_limit_is_explained() -> None:
    text = LIMITS.read_text(encoding="utf-8")
    names = {limit.name for limit in KNOWN} - {"memory.kmem.limit_in_bytes", MEMORY_LIMIT}
    assert [name for name in names if name.removeprefix("Go ") not in text] == []


def in_cgroup(group: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command with harness and runner in a cgroup."""
    command = [*cgroups.inside(group), *COMMAND, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
