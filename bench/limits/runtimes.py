"""The limits that a language's own runtime sets."""

from __future__ import annotations

from bench.limits.child import RunnerView
from bench.limits.model import KnownLimit, LimitState, Sign

GO_THREADS = 10_000  # runtime.maxmcount, unless the program calls debug.SetMaxThreads
THREAD_EXHAUSTION = Sign(words=r"exceeds \d+-thread limit|thread exhaustion", decisive=True)


def _go_threads(child: RunnerView) -> tuple[LimitState, ...]:
    """Go ends a program that would have more OS threads than this."""
    if child.language != "Go":
        return ()
    name = "Go SetMaxThreads"
    return (LimitState(name, "threads", GO_THREADS, child.threads, "the process"),)


GO_MAX_THREADS = KnownLimit(
    "Go SetMaxThreads",
    _go_threads,
    (THREAD_EXHAUSTION,),
    "call debug.SetMaxThreads({value}) in the Go program: nothing can be typed from outside",
)
