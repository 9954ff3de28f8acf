"""What to type to do a run again."""

from __future__ import annotations

import shlex

from bench.model.records import Result
from reports.wording.escape import plain

PRESETS = ("quick", "thorough")


def repeat(result: Result) -> str:
    """The command with this result's plan, seed and runtimes, quoted for a shell. A runner of
    somebody's own is named, not given: where it lies is not recorded."""
    words = ["outnumber", plain(result.command), *_plan(result)]
    ran = {sweep.case for sweep in result.sessions}
    for runtime in result.cases:
        words += ["-r", plain(runtime.key)] if runtime.key in ran else []
    return shlex.join(words)


def _plan(result: Result) -> list[str]:
    plan = result.plan
    words = [f"--{plan.preset}"] if plan.preset in PRESETS else []
    if result.command == "run":
        words += ["--sweeps", str(plan.sweeps), "--seed", str(plan.seed)]
        words += [] if plan.climb else ["--no-climb"]
    if plan.max is not None:
        words += ["--max", str(plan.max)]
    if plan.budget_seconds is not None:
        words += ["--budget", f"{plan.budget_seconds:g}"]
    for name in ("stack-size", "futex-slots"):
        if name in plan.settings:
            words += [f"--{name}", plain(plan.settings[name])]
    for name, value in plan.settings.items():
        if name.startswith("env "):
            words += ["--env", plain(f"{name.removeprefix('env ')}={value}")]
    return words
