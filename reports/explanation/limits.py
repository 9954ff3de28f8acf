"""What the kernel counts, which limit ends threads and which tasks, and where starts slow down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.derive.ceiling import Allowance
from bench.derive.times import AWAKE, Population
from bench.model.records import CLIMB, Limit, Status
from reports.explanation.facts import Facts, Subject, count
from reports.explanation.text import Name, Number, Paragraph, Piece, Section, Sentence, listed, say
from reports.wording import units

MOST_NAMED = 4
FEWEST_TIMED = 20  # starts in a process: of fewer, the median says little
GROWN = 1.5  # times as long
CROWDED = 100  # threads to a slot
MAPPINGS = "vm.max_map_count"
# The limits that count threads, in the order in which they are described, and what each allows.
COUNTERS = {
    "kernel.threads-max": "{} allows {} threads on the whole machine.",
    "kernel.pid_max": "{} allows thread numbers below {}, and every thread needs its own.",
    "pids.max": "{} allows {} threads in a cgroup.",
    "RLIMIT_NPROC": "{} allows {} threads per user.",
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
# Why a climb ended that no limit ended.
ENDS: dict[Status, str] = {
    "max": "This run kept {} alive and reached its cap.",
    "budget": "This run kept {} alive and ran out of time.",
    "reserve": "This run kept {} alive and stopped at the safety reserve.",
    "failed": "This run kept {} alive until their runner failed.",
    "interrupted": "This run kept {} alive until it was interrupted.",
}


def counters(about: Facts) -> Section:
    """Which limits count a thread and do not count a task."""
    said = [say("The kernel has a record of every thread, so limits can count them.")]
    source = next((one for one in (*about.pair, *about.all) if one.limits), None)
    if source is None:
        said.append(say("Which limits applied is unknown: the result of this run has none."))
        return Section("What the kernel counts", (tuple(said),))
    rows = {name: _tightest(source.limits, name) for name in COUNTERS}
    for name, row in rows.items():
        if row and (value := _value(row)):
            said.append(say(COUNTERS[name], Name(name), value))
    free = [Name(name) for name, row in rows.items() if row and row.known and row.value is None]
    unread = [Name(name) for name, row in rows.items() if row and not row.known]
    if free:
        said.append(say(f"{{}} set{'' if free[1:] else 's'} no limit here.", listed(free)))
    if unread:
        said.append(say("How many threads {} would allow could not be read.", listed(unread)))
    mappings = _tightest(source.limits, MAPPINGS)
    value, take = _value(mappings), source.take(mappings)
    if value:
        text = "{} allows a process {} mappings, which are ranges of its addresses."
        said.append(say(text, Name(MAPPINGS), value))
        if source.row.kind == "thread" and take and take.value >= 0.01:
            said.append(say("One {} takes {} of them.", source.one, take))
    return Section("What the kernel counts", (tuple(said), *_uncounted(about)))


def _tightest(limits: Sequence[Limit], name: str) -> Limit | None:
    """Of a limit that stands in several places, the one of the least value."""
    rows = [limit for limit in limits if limit.name == name]
    return min(rows, key=lambda row: (row.value is None, row.value or 0), default=None)


def _value(limit: Limit | None) -> Number | None:
    if limit is None or limit.value is None:
        return None
    return Number(units.amount(limit.measure, limit.value), limit.value, (limit,))


def _uncounted(about: Facts) -> Iterator[Paragraph]:
    """What tasks take of the limits on threads, as this run saw it."""
    taken = {one: _thread_limits(one) for one in about.tasks}
    none = [one for one, rows in taken.items() if rows and not any(row.take for row in rows)]
    said = []
    if none and len(none) == len(about.tasks):
        said.append(say("Tasks do not count against thread limits: this run saw none that did."))
    elif none:
        names = listed([one.many for one in none[:MOST_NAMED]])
        said.append(say("Of the tasks of this run, {} do not count against thread limits.", names))
    said += [
        say("One {} takes {} of {}.", one.one, number, Name(rows[0].name))
        for one, rows in taken.items()
        if one not in none and rows and (number := one.take(rows[0]))
    ][:MOST_NAMED]
    if none:
        said.append(say("Only the memory of their process counts."))
    if said:
        yield tuple(said)


def _thread_limits(one: Subject) -> list[Limit]:
    """The limits on threads of which the use of a unit is known, the highest use first."""
    rows = [row for row in one.limits if row.name in COUNTERS and row.take is not None]
    return sorted(rows, key=lambda row: -(row.take or 0))


def ends(about: Facts) -> Section:
    """The limit that ends threads and the one that ends tasks, and why they differ."""
    both = len(about.pair) == 2
    paragraphs = [tuple(_end(one)) for one in about.pair]
    if both:
        near, far = (one.allowed.binding for one in about.pair)
        conclusion = []
        if near and far and (near.measure, far.measure) == ("count", "bytes"):
            conclusion.append(say("So a kernel counter limits threads, and memory limits tasks."))
            if far.units > near.units:
                conclusion.append(say("Here the counter is full before memory is."))
        paragraphs.append(tuple(conclusion))
    heading = "Why they stop where they do" if both else "Where it stops"
    return Section(heading, tuple(part for part in paragraphs if part))


def _end(one: Subject) -> Iterator[Sentence]:
    binding = one.allowed.binding
    if binding is None:
        yield say("Which limit would stop {} is unknown in this run.", one.many)
    else:
        yield _binds(one, binding)
        if binding.measure == "bytes":
            yield say("This limit is memory: the less a unit takes, the more units fit.")
        elif binding.measure == "count":
            rows = [row for row in one.allowed.rows if row.limit in MEMORY]
            if rows and rows[0].units > binding.units:
                yield say("Memory alone would allow {}.", _allowed(rows[0]))
            if one.row.kind == "thread":
                yield say("This limit counts threads, whatever their size.")
    if not one.allowed.ended and one.reached and one.row.status in ENDS:
        yield say(ENDS[one.row.status], one.reached)


def _binds(one: Subject, binding: Allowance) -> Sentence:
    meaning = MEANINGS.get(binding.limit)
    limit: tuple[Piece, ...] = (Name(binding.limit), f" ({meaning})" if meaning else "")
    if one.allowed.ended and one.reached:
        return say("{} stopped {} at {}.", limit, one.many, one.reached)
    return say("{} would hit {} first, at {} (projected).", one.many, limit, _allowed(binding))


def _allowed(bound: Allowance) -> Number:
    return count(bound, bound.units, bound.doubt)


def crowded(about: Facts) -> Iterator[Section]:
    """The futex hash, where a start in the climb took ever longer and its slots were crowded."""
    for one in about.threads:
        timed = [
            population
            for population in one.populations
            if population.start == AWAKE and population.purpose == CLIMB
            if population.timed >= FEWEST_TIMED and population.doubt in (None, "few")
        ]
        if len(timed) > 1 and (said := _crowded(one, timed[0], timed[-1])):
            yield Section("Why starts slow down among many threads", (said,))
            return


def _crowded(one: Subject, near: Population, far: Population) -> Paragraph:
    """Nothing unless the larger population's next start took longer, with many threads to a
    slot."""
    first, last, slots = near.quantiles[0].value, far.quantiles[0].value, far.futex_slots
    if not first or not last or not slots:
        return ()
    if last < GROWN * first or far.units < CROWDED * slots:
        return ()
    starts = [
        piece
        for population, value in ((near, first), (far, last))
        for piece in (
            Number(units.seconds(value), value, (population,), population.doubt),
            count(population, population.units),
        )
    ]
    return (
        say(
            "In the climb, one more {} started within {} awake with {} parked, and within {} with "
            "{}.",
            one.one,
            *starts,
        ),
        say("The kernel finds a sleeping thread in the futex hash of its process."),
        say(
            "That had {} slots however many threads slept, so most threads shared a slot with many "
            "others.",
            count(far, slots),
        ),
        say(
            "Repeat the run with more slots (--futex-slots) to see how much of the growth that is."
        ),
    )
