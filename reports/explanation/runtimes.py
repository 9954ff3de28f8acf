"""What the explanation knows of the shipped runtimes, a row each. A runtime without a row is
described by its metrics alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.model.records import CaseRecord


@dataclass(frozen=True)
class Known:
    """Of a thread: what its libraries keep for it in user memory, and the sentence on its bytes
    where another thread was described before it. Of a task: what it is made of, and whether
    something interrupts it."""

    kept: str = "what its libraries keep for it"
    beside: str = "One {} takes {}."
    made_of: tuple[str, ...] = ()
    preemptive: bool = True


LOCKED = Known(
    kept="what Go keeps for it", beside="One {} takes {}: it keeps an OS thread for itself."
)
KNOWN: Mapping[str, Known] = {
    "pthread": Known(kept="what the C library keeps for it"),
    "threading": Known(
        kept="what Python keeps for it, such as its frames and its Thread object",
        beside="One {} takes {}: it is an OS thread plus the state that Python keeps for it.",
    ),
    "goroutine-locked": LOCKED,
    "goroutine:locked": LOCKED,
    "goroutine": Known(
        made_of=(
            "It has its own stack, which starts small.",
            "When it needs more, Go allocates a larger stack and copies the old one into it.",
        ),
    ),
    "greenlet": Known(
        made_of=(
            "All greenlets share the C stack of their thread.",
            "When another greenlet needs the same place, the part in use moves to the heap.",
            "It moves back when its greenlet continues.",
        ),
        preemptive=False,
    ),
    "gevent": Known(
        made_of=(
            "It is a greenlet in the list of waiters of a gevent Event.",
            "The hub of gevent runs the event loop, and switches to a greenlet that can continue.",
        ),
        preemptive=False,
    ),
    "asyncio": Known(
        made_of=(
            "It has no stack while it waits.",
            "Its coroutine frame, its Task and the Future that it awaits are objects on the heap.",
        ),
        preemptive=False,
    ),
    "trio": Known(
        made_of=(
            "It is the frame of a coroutine and a Task object on the heap.",
            "Its nursery keeps it.",
        ),
        preemptive=False,
    ),
}


def known(case: CaseRecord) -> Known | None:
    """The row of a case: that of its own kind of unit where there is one, else its runtime's."""
    return KNOWN.get(case.key) or KNOWN.get(case.runtime)
