"""The last thing that runs before a runner: sets up the child, then becomes the runner by `exec`.

Started as `python -I -S launch.py SPEC WORD…`, SPEC being JSON. A program of its own, because work
between fork and exec is unsafe in a Python with threads (`preexec_fn`), and because memory is only
charged to a cgroup from the moment of joining: whoever joins later leaves a part elsewhere. It
needs the standard library alone; `exec` leaves nothing of it in the runner.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
COULD_NOT_START = 127


def die_with(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Has the kernel send this process a signal when its parent dies. The setting survives `exec`,
    but no child inherits it."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:  # it died before the call: no signal will come
        os._exit(COULD_NOT_START)


def be_killed_first() -> None:
    """Makes this process the first that the kernel kills for memory, so that the harness lives."""
    with contextlib.suppress(OSError):  # a read-only /proc: it goes without
        Path("/proc/self/oom_score_adj").write_text("1000")


def set_limits(limits: dict[str, int]) -> None:
    """Lowers soft limits of this process alone: `{"RLIMIT_AS": bytes}`."""
    for name, value in limits.items():
        which = getattr(resource, name)
        _, hard = resource.getrlimit(which)
        resource.setrlimit(which, (value, hard))


def dump_no_core() -> None:
    """A process that is being dumped is not dead yet, and its death is to be reported at once. One
    byte and not none: only then is nothing handed to a program that collects cores either."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (min(1, hard) if hard >= 0 else 1, hard))


def stay_above() -> None:
    """Returns in a child, which is to become the command; this process, the first of its group,
    stays to end the whole group when the harness dies, and ends as the child does."""
    signal.signal(signal.SIGTERM, lambda number, frame: os.killpg(0, signal.SIGKILL))
    parent, me = os.getppid(), os.getpid()
    child = os.fork()
    if child:
        die_with(parent, signal.SIGTERM)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os._exit(code if code >= 0 else 128 - code)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    die_with(me)


def reply_on_third(replies: int) -> None:
    """Makes `replies` descriptor 3, for a runner that cannot move its standard output, which goes
    where its errors go."""
    if replies == 3:
        os.set_inheritable(3, True)
    else:
        os.dup2(replies, 3)
        os.close(replies)
    os.dup2(2, 1)


def set_variables(variables: dict[str, str | None]) -> None:
    """Changes the environment of what this process becomes; this process has seen the old one."""
    for name, value in variables.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def main(spec: str, *command: str) -> None:
    """Joins, limits, and becomes `command`. A failure is told on standard error, status 127."""
    wanted = json.loads(spec)
    try:
        die_with(wanted["parent"])
        if wanted["kept"]:
            stay_above()
        for place in wanted["cgroups"]:
            Path(place).write_text(str(os.getpid()))
        if wanted["replies"] is not None:
            reply_on_third(wanted["replies"])
        be_killed_first()
        dump_no_core()
        set_limits(wanted["limits"])
        set_variables(wanted["variables"])
        if wanted["folder"] is not None:
            os.chdir(wanted["folder"])
        os.execvp(command[0], command)
    except (OSError, ValueError) as error:
        print(f"cannot start {command[0]}: {error}", file=sys.stderr)
        os._exit(COULD_NOT_START)


if __name__ == "__main__":
    main(*sys.argv[1:])
