"""The limits that a runtime sets itself; the catalogue says which runtimes have them."""

from __future__ import annotations

from bench.limits.child import RunnerView
from bench.limits.model import KnownLimit, LimitState, Sign

NAME = "Go SetMaxThreads"
GO_THREADS = 10_000  # runtime.maxmcount, unless the program calls debug.SetMaxThreads
THREAD_EXHAUSTION = Sign(words=r"exceeds \d+-thread limit|thread exhaustion", decisive=True)


def _go_threads(child: RunnerView) -> tuple[LimitState, ...]:
    """Go ends a program that would have more OS threads than this."""
    if NAME not in child.own_limits:
        return ()
    return (LimitState(NAME, "threads", GO_THREADS, child.threads, "the process"),)


GO_MAX_THREADS = KnownLimit(
    NAME,
    _go_threads,
    (THREAD_EXHAUSTION,),
    "call debug.SetMaxThreads({value}) in the Go program: nothing can be typed from outside",
)
