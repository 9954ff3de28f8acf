"""What the kernel counts, and where threads and tasks come to their end for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.model.records import Limit, Status
from reports.explanation.facts import Facts, Subject
from reports.explanation.text import Name, Paragraph, Section, Sentence, listed, say
from reports.figures.closeness import Bound

MAPPINGS = "vm.max_map_count"
MOST_NAMED = 4

# The limits that count threads, in the order in which they are told, and what each allows.
COUNTERS = {
    "kernel.threads-max": "{} allows {} threads on the whole machine.",
    "kernel.pid_max": "{} gives out numbers below {}, and every thread needs one of its own.",
    "pids.max": "{} allows {} threads in a cgroup.",
    "RLIMIT_NPROC": "{} allows {} threads to a user.",
}
MEANINGS = {
    "MemAvailable": "the memory that the machine has left",
    "memory.max": "the memory of a cgroup",
    "memory.limit_in_bytes": "the memory of a cgroup",
    "memory.kmem.limit_in_bytes": "the kernel memory of a cgroup",
    "vm.overcommit_memory": "the memory that the kernel promises",
    "address space": "the addresses of one process",
    "RLIMIT_AS": "the addresses of one process",
    "RLIMIT_DATA": "the writable memory of one process",
}
MEMORY = ("MemAvailable", "memory.max", "memory.limit_in_bytes")
# Why a climb ended that no limit did.
ENDS: dict[Status, str] = {
    "max": "This run kept {} of them alive, its cap.",
    "budget": "This run kept {} of them alive, and then was out of time.",
    "reserve": "This run kept {} of them alive, and stopped at the safety reserve.",
    "failed": "This run kept {} of them alive, and then their runner failed.",
    "interrupted": "This run kept {} of them alive, and was then interrupted.",
}


def counted(facts: Facts) -> Section:
    """Which counters a thread stands in and a task does not."""
    said = [say("The kernel has a record of every thread, so limits can count them.")]
    source = next((one for one in _preferred(facts) if one.limits), None)
    if source is None:
        said.append(say("Which of them stood around this run is unknown: its result holds none."))
        return Section("What the kernel counts", (tuple(said),))
    said += _limits_on_threads(source)
    said += _mappings(source)
    return Section("What the kernel counts", (tuple(said), *_unseen(facts)))


def _preferred(facts: Facts) -> tuple[Subject, ...]:
    """Whose limits are told: those of the thread that stands for all, if it has any."""
    first = tuple(one for one in (facts.thread, facts.task) if one)
    return (*first, *facts.all)


def _limits_on_threads(source: Subject) -> Iterator[Sentence]:
    rows = {name: _tightest(source.limits, name) for name in COUNTERS}
    for name, row in rows.items():
        value = source.limit(row, "its value") if row else None
        if value:
            yield say(COUNTERS[name], Name(name), value)
    free = [name for name, row in rows.items() if row and row.known and row.value is None]
    dark = [name for name, row in rows.items() if row and not row.known]
    if free:
        yield say(
            "{} set no bound here." if len(free) > 1 else "{} sets no bound here.", _and(free)
        )
    if dark:
        yield say("What {} would allow could not be read.", _and(dark))


def _mappings(source: Subject) -> Iterator[Sentence]:
    row = _tightest(source.limits, MAPPINGS)
    value = source.limit(row, "its value") if row else None
    take = source.limit(row, "a unit takes") if row else None
    if value is None:
        return
    yield say(
        "{} allows a process {} mappings, the pieces of its addresses.", Name(MAPPINGS), value
    )
    if source.row.kind == "thread" and take and take.value >= 0.01:
        yield say("One {} takes {} of them.", source.one, take)


def _tightest(limits: Sequence[Limit], name: str) -> Limit | None:
    """Of a limit that stands in several places, the one of the least value."""
    rows = [limit for limit in limits if limit.name == name]
    return min(rows, key=lambda row: (row.value is None, row.value or 0), default=None)


def _unseen(facts: Facts) -> Iterator[Paragraph]:
    """What tasks take of the limits on threads, as this run saw it."""
    takes = {one: _takes(one) for one in facts.tasks}
    unseen = [one for one, taken in takes.items() if taken and not any(t.take for t in taken)]
    said = []
    if unseen and len(unseen) == len(facts.tasks):
        said.append(
            say("The kernel sees no task: those of this run took nothing of the limits on threads.")
        )
    elif unseen:
        names = listed([one.many for one in unseen[:MOST_NAMED]])
        said.append(say("Of the limits on threads the run saw nothing taken by {}.", names))
    said += [
        say("One {} took {} of {}.", one.one, number, Name(taken[0].name))
        for one, taken in takes.items()
        if one not in unseen and taken and (number := one.limit(taken[0], "a unit takes"))
    ][:MOST_NAMED]
    if unseen:
        said.append(say("It sees their process, and the memory of that."))
    if said:
        yield tuple(said)


def _takes(one: Subject) -> list[Limit]:
    """The rows of the limits on threads of which what a unit takes is known, the most first."""
    rows = [row for row in one.limits if row.name in COUNTERS and row.take is not None]
    return sorted(rows, key=lambda row: -(row.take or 0))


# Where each ends


def ends(facts: Facts) -> Section:
    """The limit that ends the one and the one that ends the other, and why they differ."""
    thread, task = facts.thread, facts.task
    heading = "Why they stop where they do" if thread and task else "Where it stops"
    paragraphs = [tuple(_end(one)) for one in (thread, task) if one]
    if thread and task:
        paragraphs.append(tuple(_conclusion(thread, task)))
    return Section(heading, tuple(part for part in paragraphs if part))


def _end(one: Subject) -> Iterator[Sentence]:
    binding = one.closeness.binding
    if binding is None:
        yield say("Which limit would stop {} is unknown in this run.", one.many)
        yield from _own_end(one)
        return
    yield _binds(one, binding)
    if binding.measure == "count":
        yield from _counts(one, binding)
    elif binding.measure == "bytes":
        yield say("That is memory: the less a unit takes, the more of them fit.")
    if not one.closeness.ended:
        yield from _own_end(one)


def _binds(one: Subject, binding: Bound) -> Sentence:
    meaning = MEANINGS.get(binding.name)
    limit = (Name(binding.name), f" ({meaning})" if meaning else "")
    reached, allows = one.reached, one.bound(binding, "allows")
    if one.closeness.ended and reached:
        return say("{} stopped {} at {}.", limit, one.many, reached)
    assert allows  # every bound has a number
    return say(
        "{} would be the first limit to stop {}, at {} by projection.", limit, one.many, allows
    )


def _counts(one: Subject, binding: Bound) -> Iterator[Sentence]:
    """That the counter is met long before memory is."""
    memory = next((bound for bound in one.closeness.bounds if bound.name in MEMORY), None)
    more = one.bound(memory, "allows") if memory and memory.units > binding.units else None
    if more:
        yield say("Memory alone would let {} of them live.", more)
    if one.row.kind == "thread":
        yield say(
            "This limit counts and does not weigh: lighter threads would meet it all the same."
        )


def _own_end(one: Subject) -> Iterator[Sentence]:
    """How far the run itself took them, where no limit ended it."""
    if one.reached and one.row.status in ENDS:
        yield say(ENDS[one.row.status], one.reached)


def _conclusion(thread: Subject, task: Subject) -> Iterator[Sentence]:
    near, far = thread.closeness.binding, task.closeness.binding
    if near is None or far is None or (near.measure, far.measure) != ("count", "bytes"):
        return
    yield say("So the limit of threads is a counter in the kernel, and that of tasks is memory.")
    if far.units > near.units:
        yield say("Here the counter is full before memory is.")


def _and(names: Sequence[str]) -> tuple[Name | str, ...]:
    return tuple(
        piece if piece in (", ", " and ") else Name(str(piece)) for piece in listed(list(names))
    )
