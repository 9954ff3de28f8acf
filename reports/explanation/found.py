"""What the run found, in a few sentences: how many, how heavy, how fast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.derive.times import STARTS
from reports.explanation.facts import Facts, Subject
from reports.explanation.text import Paragraph, Section, Sentence, say
from reports.tables.finding import SAME
from reports.wording.doubted import sure


def found(facts: Facts) -> Section:
    """Who was launched, how many were alive, and what one of each takes."""
    kinds = (*_kinds(facts), *_counts(facts))
    costs = (*_weights(facts), *_speeds(facts), *_starts(facts))
    return Section("What this run found", tuple(part for part in (kinds, costs) if part))


def _kinds(facts: Facts) -> Paragraph:
    said = []
    if facts.threads:
        said.append(say("A thread is known to the kernel, which decides when it runs."))
    if facts.tasks:
        said.append(say("A task is known to its program alone, which runs it inside a thread."))
    return tuple(said)


def _counts(facts: Facts) -> Iterator[Sentence]:
    """How far the two went that stand for all."""
    told = [(one, reached) for one in _pair(facts) if (reached := one.reached)]
    alive = [(reached, one.many) for one, reached in told if reached.value]
    if len(alive) == 2:
        yield say(
            "This run had {} {} alive at once, and {} {}, all started and all waiting.",
            *alive[0],
            *alive[1],
        )
    elif alive:
        yield say("This run had {} {} alive at once, all started and all waiting.", *alive[0])
    for one, reached in told:
        if not reached.value:
            yield say("Not one {} could be launched.", one.one)


def _weights(facts: Facts) -> Iterator[Sentence]:
    """What one of each takes, and how many of the one fit in the other."""
    told = [(one.one, total) for one in _pair(facts) if (total := one.bytes("total"))]
    if len(told) == 2:
        yield say("One {} takes {} of memory, one {} {}.", *told[0], *told[1])
    elif told:
        yield say("One {} takes {} of memory.", *told[0])
    many = facts.task.per_thread if facts.task else None
    if facts.thread is None or facts.task is None or many is None:
        yield from _extremes(facts)
    elif many.value >= SAME:
        yield say("So the memory of one such thread holds {} {}.", many, facts.task.many)
    elif many.value > 1 / SAME:
        yield say("So the two weigh about the same.")
    else:
        yield say("So of these two it is the task that is heavier.")


def _extremes(facts: Facts) -> Iterator[Sentence]:
    """The heaviest of what was weighed, where it is none of the two that stand for all."""
    weighed = [one for one in facts.all if one.row.total_bytes]
    weighed = sure(weighed, lambda one: one.row.doubt("total_bytes"))
    heavy = max(weighed, key=lambda one: one.row.total_bytes or 0, default=None)
    total = heavy.bytes("total") if heavy else None
    if heavy and total and heavy not in (facts.thread, facts.task):
        yield say("The heaviest is {}, at {}.", heavy.one, total)


def _speeds(facts: Facts) -> Iterator[Sentence]:
    """What launching one takes, of a burst from nothing: of the two that stand for all; where a
    burst of theirs is doubted, of another of the kind whose burst is not."""
    told = [
        (one.one, burst)
        for kind, stands in ((facts.threads, facts.thread), (facts.tasks, facts.task))
        for one in _timed(kind, stands)
        if (burst := one.figure("burst"))
    ]
    if len(told) == 2 and (told[0][0], told[1][0]) == tuple(one.one for one in _pair(facts)):
        bursts = (told[0][1], told[1][1])
        yield say(
            "Launching one in a burst from nothing took {} for the thread and {} for the task.",
            *bursts,
        )
    elif len(told) == 2:
        yield say(
            "Launching one {} in a burst from nothing took {}, one {} {}.", *told[0], *told[1]
        )
    elif told:
        yield say("Launching one {} in a burst from nothing took {}.", *told[0])


def _starts(facts: Facts) -> Iterator[Sentence]:
    """What one more takes to start when many are parked, and how much of that is measuring."""
    for one in _pair(facts):
        idle, awake = (one.figure(f"start {start.name}, median") for start in STARTS)
        overhead = one.overhead(f"start {STARTS[0].name}, median")
        if idle and awake and overhead:
            yield say(
                "One more {} starts within {} from idle, {} awake; {} of it is measuring overhead.",
                one.one,
                idle,
                awake,
                overhead,
            )


def _timed(kind: Sequence[Subject], stands: Subject | None) -> Sequence[Subject]:
    """The one whose burst is told: that which stands for its kind, unless its burst is doubted and
    another's is not."""
    first = [
        (one, burst)
        for one in (stands, *kind)
        if one is not None and (burst := one.figure("burst")) is not None
    ]
    return [one for one, _ in sure(first, lambda place: place[1].doubt)[:1]]


def _pair(facts: Facts) -> tuple[Subject, ...]:
    return tuple(one for one in (facts.thread, facts.task) if one)
