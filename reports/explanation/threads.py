"""What a thread is made of, what each part costs, and how much of it RSS shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.derive.times import Population
from reports.explanation.facts import Facts, Subject
from reports.explanation.text import Number, Section, Sentence, listed, say

FEWEST_TIMED = 20  # starts in a process: of fewer, the median says little
GROWN = 1.5  # times as long
CROWDED = 100  # threads to a slot
SLIGHT = 1.0  # bytes: less of a part is the noise of its counter
SEEN_WELL = 0.9  # RSS that shows this much of the memory hides nothing worth a sentence

# The kernel's parts: the name of each in a list, and the sentence on it.
PARTS: tuple[tuple[str, str, str], ...] = (
    (
        "kernel_stack",
        "its kernel stack",
        (
            "{} is its kernel stack: the kernel works on it for the thread, and keeps it whole "
            "while the thread sleeps."
        ),
    ),
    (
        "page_tables",
        "its page tables",
        "{} goes into page tables, the kernel's map from its addresses to its memory.",
    ),
    (
        "kernel_other",
        "the kernel's other records",
        "{} goes into the kernel's other records: the thread's own, and those of its mappings.",
    ),
)
KEPT = {
    "pthread": "what the C library keeps of it",
    "threading": "what Python keeps of it, such as its frames and its Thread object",
    "goroutine-locked": "what Go keeps of it",
}
OTHERS = {
    "threading": "One {} takes {}: it is an OS thread, with Python's state of it besides.",
    "goroutine-locked": "One {} takes {}: it holds an OS thread for itself alone.",
}


def made_of(facts: Facts) -> Iterator[Section]:
    """The parts of the thread that stands for all; of the others, what they take."""
    thread = facts.thread
    if thread is None:
        return
    others = [one for one in facts.threads if one is not thread][: facts.most]
    paragraphs = (tuple(_user(thread)), tuple(_kernel(thread)), tuple(_others(others)))
    yield Section("What a thread is made of", tuple(part for part in paragraphs if part))


def waking(facts: Facts) -> Iterator[Section]:
    """The futex hash, where a start in the climb took ever longer and its slots were crowded."""
    for one in facts.threads:
        timed = [
            population
            for population in one.populations
            if population.start.name == "awake" and population.purpose == "climb"
            if population.timed >= FEWEST_TIMED and population.doubt in (None, "few")
        ]
        if len(timed) > 1 and _is_crowded(timed[0], timed[-1]):
            said = tuple(_crowded(one, timed[0], timed[-1]))
            yield Section("What the parked cost the next", (said,))
            return


def _is_crowded(near: Population, far: Population) -> bool:
    """Whether the larger population's next start took longer, with many asleep to a slot."""
    first, last = near.quantiles[0].value, far.quantiles[0].value
    if not first or not last or not far.futex_slots:
        return False
    return last >= GROWN * first and far.units >= CROWDED * far.futex_slots


def _crowded(one: Subject, near: Population, far: Population) -> Iterator[Sentence]:
    cells = [one.start(each, name) for each in (near, far) for name in ("parked", "median")]
    slots = one.start(far, "futex slots")
    first = [cell for cell in cells if cell]
    if slots is None or len(first) < len(cells):
        return
    yield say(
        "In the climb, one more {} started within {} awake with {} parked, and within {} with {}.",
        one.one,
        first[1],
        first[0],
        first[3],
        first[2],
    )
    yield say(
        "The kernel finds a sleeping thread in the futex hash of its process, which had {} slots "
        "however many slept, so most of them shared a slot with many others.",
        slots,
    )
    yield say("With more slots (--futex-slots) a run shows how much of the growth that is.")


def hidden(facts: Facts) -> Section:
    """What RSS shows of a thread, and of a task."""
    said = [
        say("Most tools show RSS, which leaves out the memory that the kernel keeps for a process.")
    ]
    if facts.thread:
        said += _shown(facts.thread)
    if facts.task:
        said += _shown(facts.task)
    return Section("What RSS does not show", (tuple(said),))


def _user(thread: Subject) -> Iterator[Sentence]:
    total, user = thread.bytes("total"), thread.bytes("user")
    kept = KEPT.get(thread.runtime, "what its libraries keep of it")
    touched = f"is user memory: what it has touched of its stack, and {kept}."
    if total is None:
        yield say("What one {} takes in all is unknown in this run.", thread.one)
    if total and user:
        yield say(f"Of the {{}} that one {{}} takes, {{}} {touched}", total, thread.one, user)
    elif user:
        yield say(f"Of what is known, {{}} {touched}", user)
    if user:
        yield from _reserved(thread, user)


def _reserved(thread: Subject, user: Number) -> Iterator[Sentence]:
    """The addresses that a thread's stack takes, where they are many times its memory."""
    row = next((limit for limit in thread.limits if limit.name == "address space"), None)
    addresses = thread.limit(row, "a unit takes") if row else None
    if addresses and addresses.value > 4 * user.value:
        yield say(
            "It sets aside {} of addresses, most of them for its stack, but memory stands only "
            "behind those that it has used.",
            addresses,
        )


def _kernel(thread: Subject) -> Iterator[Sentence]:
    """A sentence a part that was seen, and one for those that were not."""
    parts = {name: thread.bytes(part) for part, name, _ in PARTS}
    for _, name, template in PARTS:
        number = parts[name]
        if number and number.value >= SLIGHT:
            yield say(template, number)
    slight = [name for name, number in parts.items() if number and number.value < SLIGHT]
    unknown = [name for name, number in parts.items() if number is None]
    if slight:
        yield say("Next to nothing goes into {}.", listed(slight))
    if unknown:
        verb = "take" if len(unknown) > 1 else "takes"
        yield say(f"What {{}} {verb} is unknown in this run.", listed(unknown))


def _others(others: Sequence[Subject]) -> Iterator[Sentence]:
    for one in others:
        if total := one.bytes("total"):
            yield say(OTHERS.get(one.runtime, "One {} takes {}."), one.one, total)


def _shown(one: Subject) -> Iterator[Sentence]:
    total, rss = one.bytes("total"), one.bytes("rss")
    if rss is None:
        yield say("How much of one {} it shows is unknown in this run.", one.one)
    elif total is None or total.value <= 0 or rss.value > total.value:
        yield say("For one {} it grows by {}.", one.one, rss)
    else:
        share = rss.value / total.value
        yield say(f"For one {{}} it shows {{}} of {{}}: {portion(share)}.", one.one, rss, total)
        if one.row.kind == "thread" and share < SEEN_WELL:
            yield say("The rest fills the machine's memory all the same.")


def portion(share: float) -> str:
    """A share of a whole in words: both its figures stand beside it."""
    words = (
        (0.03, "next to nothing"),
        (0.15, "about a tenth"),
        (0.225, "about a fifth"),
        (0.29, "about a quarter"),
        (0.42, "about a third"),
        (0.58, "about half"),
        (0.71, "about two thirds"),
        (0.85, "about three quarters"),
        (0.97, "most of it"),
    )
    return next((word for most, word in words if share < most), "nearly all")
