"""What threads and tasks are made of, what each part costs, and what tasks give up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.quantities import BURST, COLLECTOR_TIME, MARGINAL_BURST
from reports.explanation.facts import Facts, Subject
from reports.explanation.runtimes import Known
from reports.explanation.text import Number, Section, Sentence, listed, say
from reports.wording.doubted import sure

SLIGHT = 1.0  # bytes: less of a part is the noise of its counter
SEEN_WELL = 0.9  # where RSS shows this share of the memory, the rest needs no sentence

# The kernel's parts: the name of each in a list, and the sentence on it.
KERNEL_PARTS: tuple[tuple[str, str, str], ...] = (
    (
        "kernel_stack",
        "its kernel stack",
        "{} is its kernel stack, which the kernel keeps whole while the thread sleeps.",
    ),
    ("page_tables", "its page tables", "{} goes into page tables, which map addresses to memory."),
    (
        "kernel_other",
        "other kernel records",
        "{} goes into other kernel records of the thread and of its mappings.",
    ),
)
# A share of a whole in words, up to the share.
PORTIONS = (
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
PREEMPTED = say("The kernel interrupts (preempts) a thread when another should run.")


def threads(about: Facts) -> Iterator[Section]:
    """The parts of the thread that stands for all; of the others, what they take."""
    thread = about.thread
    if thread is None:
        return
    others = [one for one in about.threads if one is not thread][: about.most]
    beside = tuple(
        say((one.known or Known()).beside, one.one, total)
        for one in others
        if (total := one.bytes("total"))
    )
    paragraphs = (tuple(_user_memory(thread)), tuple(_kernel_memory(thread)), beside)
    yield Section("What a thread is made of", tuple(part for part in paragraphs if part))


def _user_memory(thread: Subject) -> Iterator[Sentence]:
    total, user = thread.bytes("total"), thread.bytes("user")
    kept = (thread.known or Known()).kept
    touched = f"is user memory: the touched part of its stack, and {kept}."
    if total is None:
        yield say("The total memory of one {} is unknown in this run.", thread.one)
    if total and user:
        yield say(f"Of the {{}} that one {{}} takes, {{}} {touched}", total, thread.one, user)
    elif user:
        yield say(f"{{}} {touched}", user)
    reserved = next((one for one in thread.limits if one.name == "address space"), None)
    addresses = thread.take(reserved)
    if user and addresses and addresses.value > 4 * user.value:
        yield say("It reserves {} of addresses, most of them for its stack.", addresses)
        yield say("Only touched pages use memory.")


def _kernel_memory(thread: Subject) -> Iterator[Sentence]:
    """A sentence on each part that was measured, and one on those that were not."""
    parts = [(name, template, thread.bytes(part)) for part, name, template in KERNEL_PARTS]
    for _, template, number in parts:
        if number and number.value >= SLIGHT:
            yield say(template, number)
    slight = [name for name, _, number in parts if number and number.value < SLIGHT]
    unknown = [name for name, _, number in parts if number is None]
    if slight:
        yield say("Next to nothing goes into {}.", listed(slight))
    if unknown:
        yield say("The memory of {} is unknown in this run.", listed(unknown))


def hidden(about: Facts) -> Section:
    """What RSS shows of a thread, and of a task."""
    said = [
        say("Most tools show RSS, which leaves out the memory that the kernel keeps for a process.")
    ]
    for one in about.pair:
        total, rss = one.bytes("total"), one.bytes("rss")
        if rss is None:
            said.append(say("How much of one {} RSS shows is unknown in this run.", one.one))
        elif total is None or total.value <= 0 or rss.value > total.value:
            said.append(say("For one {} RSS grows by {}.", one.one, rss))
        else:
            share = rss.value / total.value
            template = f"For one {{}} RSS shows {{}} of {{}}: {portion(share)}."
            said.append(say(template, one.one, rss, total))
            if one.row.kind == "thread" and share < SEEN_WELL:
                said.append(say("The rest is used memory all the same."))
    return Section("What RSS does not show", (tuple(said),))


def portion(share: float) -> str:
    """A share of a whole in words; both its numbers stand beside it."""
    return next((words for most, words in PORTIONS if share < most), "nearly all")


def tasks(about: Facts) -> Iterator[Section]:
    """A paragraph for each known runtime that ran, and one for the others."""
    paragraphs = [
        (_takes(one), *map(say, one.known.made_of)) for one in about.tasks if one.known is not None
    ]
    strange = [one for one in about.tasks if one.known is None]
    others = [_takes(one) for one in strange[: about.most]]
    if others:
        others.append(say("The documentation of its runtime says what such a task is made of."))
    if strange[about.most :]:
        others.append(say("The tables of this run have the memory of its other tasks."))
    paragraphs += [tuple(others)] if others else []
    if paragraphs:
        yield Section("What a task is made of", tuple(paragraphs))


def _takes(one: Subject) -> Sentence:
    if total := one.bytes("total"):
        return say("One {} takes {}.", one.one, total)
    return say("The memory of one {} is unknown in this run.", one.one)


def price(about: Facts) -> Iterator[Section]:
    """What tasks give up, and the garbage collector's share; of threads alone, what they offer."""
    if not about.tasks:
        offer = (
            PREEMPTED,
            say("So a thread that computes for long does not block the others for good."),
            say("A program needs no special code for that, and any core may run any thread."),
        )
        yield Section("What threads offer", (offer,))
        return
    paragraphs = (tuple(_scheduling(about)), tuple(_collector(about.tasks, about.most)))
    yield Section("What tasks give up", tuple(part for part in paragraphs if part))


def _scheduling(about: Facts) -> Iterator[Sentence]:
    cooperative = [one.many for one in about.tasks if one.known and not one.known.preemptive]
    strange = [one.many for one in about.tasks if one.known is None][: about.most]
    if cooperative:
        if about.threads:
            yield PREEMPTED
        yield say("Nothing interrupts {}: each runs until it waits or yields.", listed(cooperative))
        yield say("A task that computes for long blocks all the others.")
        yield say("All of them share one thread, and so one core.")
    if any(one.known and one.known.preemptive for one in about.tasks):
        yield say("Go does interrupt goroutines, and spreads them over threads.")
        yield say("So they use every core that Go may use.")
    if strange:
        yield say("Whether anything interrupts {} is not known here.", listed(strange))


def _collector(subjects: Sequence[Subject], most: int) -> Iterator[Sentence]:
    """The garbage collector's share of a launch where it is largest, and where it is unknown."""
    shares = [(one, *share) for one in subjects if (share := _share(one))]
    unknown = [one for one in subjects if one.figure(COLLECTOR_TIME) is None]
    if shares:
        sound = sure(shares, lambda share: share[1].doubt or share[2].doubt)
        one, taken, launch, where = max(sound, key=lambda share: share[1].value / share[2].value)
        yield say("Tasks are objects, and a garbage collector examines all objects.")
        took = f"In a burst {where} it takes {{}} of the {{}} that launching one {{}} takes."
        yield say(took, taken, launch, one.one)
        if len(shares) > 1:
            yield say("That is the largest share in this run.")
    if unknown and len(unknown) == len(subjects):
        yield say("The garbage collector's share of a launch is unknown in this run.")
    elif unknown:
        names = listed([one.many for one in unknown[:most]] or ["some"])
        yield say("Its share is unknown for {}.", names)


def _share(one: Subject) -> tuple[Number, Number, str] | None:
    """The collector's time and the whole time of the same burst, and which burst it was."""
    taken = one.figure(COLLECTOR_TIME)
    marginal = one.figure(MARGINAL_BURST)
    launch = marginal or one.figure(BURST)
    if taken is None or launch is None or not 0 <= taken.value <= launch.value:
        return None
    where = "on top of units that already wait" if marginal else "in a new process"
    return (taken, launch, where) if launch.value else None
