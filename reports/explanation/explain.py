"""The explanation of one run, generated from its metrics.

Where anything ran it has 250 to 900 words. It says nothing of a runtime that was left out, and says
where a value is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from bench import quantities
from bench.derive.doubts import MARK
from bench.quantities import AWAKE_START, BURST, BYTES, CEILING, LEAKED, RELEASE, START
from reports.digest import Digest
from reports.explanation import costs, limits
from reports.explanation.facts import Facts, Subject, facts
from reports.explanation.text import Explanation, Paragraph, Section, Sentence, say
from reports.tables.comparison import SAME
from reports.wording.doubted import reasons, sure

MOST_WORDS = 900
NAMED = (3, 1, 0)  # how many unknown runtimes are named, until the text is short enough
DESCRIBED = (BYTES, BURST, START, AWAKE_START, LEAKED, RELEASE, CEILING)
NOTHING = (
    say("This run measured nothing, so there is nothing to explain."),
    say("Its result file says what was tried and how it ended."),
)


def explain(digest: Digest) -> Explanation:
    """The whole text of a digest."""
    for most in NAMED:
        about = facts(digest, most)
        if not about.all:
            section = Section("Nothing to explain", (NOTHING,))
            return Explanation("What this run found", (section,))
        measured = {metric.metric for metric in digest.metrics}
        sections = tuple(_sections(about, measured))
        scope = _scope(about, BYTES.name in measured, Explanation("", sections).doubts)
        text = Explanation(_title(about), (*sections, scope))
        if text.words <= MOST_WORDS:
            break
    return text


def _sections(about: Facts, measured: Set[str]) -> Iterator[Section]:
    """Those on the quantities that were measured."""
    yield _found(about)
    if BYTES.name in measured:
        yield from costs.threads(about)
        yield from limits.crowded(about)
        yield costs.hidden(about)
        yield from costs.tasks(about)
    if CEILING.name in measured:
        yield limits.counters(about)
        yield limits.ends(about)
    if BURST.name in measured:
        yield from costs.price(about)
    yield from _others(about)


def _others(about: Facts) -> Iterator[Section]:
    """The headline quantities that no other section is about, a sentence for each value."""
    said = tuple(
        say("{} of one {}: {}.", name, one.one, number)
        for quantity in quantities.all_()
        if quantity.headline and quantity not in DESCRIBED
        for one in about.all
        for name, number in one.figures(quantity)
    )
    if said:
        yield Section("What else was measured", (said,))


def _title(about: Facts) -> str:
    """A claim only where the run supports it: a task is lighter than a thread beyond doubt, and no
    limit allows fewer tasks than threads."""
    thread, task, ratio = about.thread, about.task, about.per_thread
    if thread and task and ratio and not ratio.doubt and ratio.value >= SAME:
        near, far = thread.allowed.binding, task.allowed.binding
        if near is None or far is None or far.units > near.units:
            return "Why tasks outnumber threads"
    if about.threads and about.tasks:
        return "What threads and tasks cost"
    return "What a thread costs" if about.threads else "What a task costs"


def _found(about: Facts) -> Section:
    """What was launched, how many were alive, and what one of each takes."""
    kinds = [say("The kernel sees each thread and schedules it.")] if about.threads else []
    if about.tasks:
        kinds.append(say("The kernel does not see tasks: their program schedules them itself."))
        kinds.append(say("It runs them inside its threads."))
    costs = (*_weights(about), *_bursts(about), *_starts(about))
    paragraphs: tuple[Paragraph, ...] = ((*kinds, *_counts(about)), costs)
    return Section("What this run found", tuple(part for part in paragraphs if part))


def _counts(about: Facts) -> Iterator[Sentence]:
    reached = [(one, count) for one in about.pair if (count := one.reached)]
    alive = [(count, one.many) for one, count in reached if count.value]
    if len(alive) == 2:
        yield say("This run kept {} {} alive at once, and {} {}.", *alive[0], *alive[1])
    elif alive:
        yield say("This run kept {} {} alive at once.", *alive[0])
    if alive:
        yield say("All of them had started and were waiting.")
    for one, count in reached:
        if not count.value:
            yield say("No {} could be launched.", one.one)


def _weights(about: Facts) -> Iterator[Sentence]:
    """What one of each takes, and how many of the one fit in the other."""
    totals = [(one.one, total) for one in about.pair if (total := one.bytes("total"))]
    if len(totals) == 2:
        yield say("One {} takes {} of memory; one {} takes {}.", *totals[0], *totals[1])
    elif totals:
        yield say("One {} takes {} of memory.", *totals[0])
    ratio = about.per_thread
    if about.task is None or ratio is None:
        weighed = sure([one for one in about.all if one.row.total], lambda one: one.row.total_doubt)
        heavy = max(weighed, key=lambda one: one.row.bytes, default=None)
        if heavy and heavy not in about.pair and (total := heavy.bytes("total")):
            yield say("One {} takes the most memory: {}.", heavy.one, total)
    elif ratio.value >= SAME:
        yield say("So {} {} take as much memory as one thread.", ratio, about.task.many)
    elif ratio.value > 1 / SAME:
        yield say("So both take about the same memory.")
    else:
        yield say("So the task takes more memory than the thread.")


def _bursts(about: Facts) -> Iterator[Sentence]:
    """The launch time in a burst from nothing, of the two that stand for all; where a burst of
    theirs is doubted, of another of the kind whose burst is not."""
    times = [
        (burst, one.one)
        for kind, first in ((about.threads, about.thread), (about.tasks, about.task))
        for one in _undoubted(kind, first)
        if (burst := one.figure(BURST))
    ]
    if times:
        yield say("A burst launches many units at once in a new process.")
    if len(times) == 2:
        yield say("It takes {} for each {} and {} for each {}.", *times[0], *times[1])
    elif times:
        yield say("It takes {} for each {}.", *times[0])


def _undoubted(kind: Sequence[Subject], first: Subject | None) -> list[Subject]:
    timed = [(one, burst) for one in (first, *kind) if one and (burst := one.figure(BURST))]
    return [one for one, _ in sure(timed, lambda pair: pair[1].doubt)[:1]]


def _starts(about: Facts) -> Iterator[Sentence]:
    """The time until one more unit starts while many wait, and how much of that is measuring."""
    for one in about.pair:
        idle, awake = (one.figure(start, quantile=0.5) for start in (START, AWAKE_START))
        overhead = one.overhead(START, 0.5)
        if idle and awake and overhead:
            yield say(
                "One more {} starts within {} from idle and {} awake, with {} of measuring "
                "overhead in both.",
                one.one,
                idle,
                awake,
                overhead,
            )


def _scope(about: Facts, weighed: bool, doubts: Iterable[str]) -> Section:
    """What a unit did and how its memory was measured, where it was; where the numbers are, and why
    those with the mark are doubted."""
    memory = (
        say("Every unit in this run only waited: the memory and time of real work are not here."),
        say("Memory per unit is a difference, read from outside the process."),
        say(
            "It is the memory with many units waiting, minus the memory with few, divided by the "
            "units between."
        ),
        say("So the memory of the empty process is not in it."),
    )
    where = [say("The tables of this result hold every number in this text.")]
    if weighed and any(one.bytes("total") is None for one in about.all):
        where.append(say("Unknown does not mean zero: this run could not measure the value."))
    if any(one.row.total_doubt == "few" for one in about.all):
        where.append(say("Too few repeats were made for the confidence intervals of some costs."))
    where.append(say("Other versions and other machines give other numbers."))
    why = reasons(doubts)
    marked = (say(f"Do not quote a number with {MARK} alone: {why}."),) if why else ()
    paragraphs = (memory if weighed else (), tuple(where), marked)
    return Section("How far this goes", tuple(part for part in paragraphs if part))
