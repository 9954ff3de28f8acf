"""What a task is made of in each runtime that ran, and what its lightness costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.explanation.facts import Facts, Subject
from reports.explanation.text import Number, Section, Sentence, listed, say
from reports.wording.doubted import sure

# A sentence or two of each: the first says where its memory lies.
MADE_OF: dict[str, tuple[str, ...]] = {
    "goroutine": (
        "It has a stack of its own, but one that begins small.",
        "When it needs more, Go makes a larger one and copies the old one over.",
    ),
    "greenlet": (
        "All greenlets share the C stack of their thread.",
        (
            "When another needs the place, the slice that one was using is saved on the heap, and "
            "copied back when it goes on."
        ),
    ),
    "gevent": (
        "It is a greenlet that the Event lists among those that wait.",
        "The hub of gevent, which runs the event loop, switches to it when its time has come.",
    ),
    "asyncio": (
        "While it waits it has no stack.",
        "Its coroutine's frame, its Task and the Future that it awaits are objects on the heap.",
    ),
    "trio": ("It is a coroutine's frame and a Task on the heap, which its nursery keeps.",),
}
MARGINAL = "marginal burst"
COOPERATIVE = ("greenlet", "gevent", "asyncio", "trio")


def made_of(facts: Facts) -> Iterator[Section]:
    """A paragraph a runtime that ran."""
    known = [one for one in facts.tasks if one.runtime in MADE_OF]
    strangers = [one for one in facts.tasks if one.runtime not in MADE_OF]
    paragraphs = [tuple(_made_of(one)) for one in known]
    paragraphs += [tuple(_strange(strangers, facts.most))] if strangers else []
    if paragraphs:
        yield Section("What a task is made of", tuple(paragraphs))


def price(facts: Facts) -> Iterator[Section]:
    """What tasks give up and what the garbage collector takes; of threads alone, what they have."""
    if not facts.tasks:
        yield Section("What the weight buys", (tuple(_interrupted()),))
    else:
        scheduling = (*_interrupting(facts), *_goroutines(facts), *_untold(facts))
        paragraphs = (scheduling, tuple(_collector(facts.tasks, facts.most)))
        yield Section("What the lightness costs", tuple(part for part in paragraphs if part))


def _interrupted() -> Iterator[Sentence]:
    yield say("The kernel interrupts (preempts) a thread when another should run.")
    yield say("So one that computes for long holds up none of the others for good.")
    yield say("Nothing in a program has to be written for that, and any core may run any thread.")


def _made_of(one: Subject) -> Iterator[Sentence]:
    yield _takes(one)
    yield from (say(template) for template in MADE_OF[one.runtime])


def _takes(one: Subject) -> Sentence:
    if total := one.bytes("total"):
        return say("One {} takes {}.", one.one, total)
    return say("What one {} takes is unknown in this run.", one.one)


def _strange(strangers: Sequence[Subject], most: int) -> Iterator[Sentence]:
    """Runtimes that this text knows nothing of but their figures."""
    yield from (_takes(one) for one in strangers[:most])
    if strangers[:most]:
        yield say("What such a task is made of is up to its runtime, whose documentation tells it.")
    if strangers[most:]:
        yield say("What other tasks of this run take stands in its tables.")


def _interrupting(facts: Facts) -> Iterator[Sentence]:
    named = [one.many for one in facts.tasks if one.runtime in COOPERATIVE]
    if not named:
        return
    if facts.threads:
        yield say("The kernel interrupts (preempts) a thread when another should run.")
    yield say(
        "Nobody interrupts {}: each runs until it waits, or hands over by itself.", listed(named)
    )
    yield say("One that computes for long holds up all the others.")
    yield say("All of them share one thread, and so one core.")


def _goroutines(facts: Facts) -> Iterator[Sentence]:
    if any(one.runtime == "goroutine" for one in facts.tasks):
        yield say(
            "Go does interrupt goroutines, and spreads them over threads, so that they use every "
            "core that it is given."
        )


def _untold(facts: Facts) -> Iterator[Sentence]:
    strange = [one for one in facts.tasks if one.runtime not in (*COOPERATIVE, "goroutine")]
    names = listed([one.many for one in strange[: facts.most]])
    if names:
        yield say("Whether {} are interrupted, and on how many cores they run, is not told.", names)


def _collector(tasks: Sequence[Subject], most: int) -> Iterator[Sentence]:
    """The garbage collector's share where it is largest, and for whom it is unknown."""
    told = [(one, *shares) for one in tasks if (shares := _share(one))]
    silent = [one for one in tasks if one.figure("collector's time") is None]
    if told:
        told = sure(told, lambda each: each[1].doubt or each[2].doubt)
        one, taken, launch = max(told, key=lambda each: each[1].value / each[2].value)
        yield say("Tasks are objects, and a garbage collector goes through all objects for waste.")
        largest = ", the largest share here" if len(told) > 1 else ""
        marginal = launch.place.row[-1] == MARGINAL
        burst = "on top of those that were there" if marginal else "from nothing"
        took = f"It took {{}} of the {{}} that one {{}} took in a burst {burst}{largest}."
        yield say(took, taken, launch, one.one)
    if silent and len(silent) == len(tasks):
        yield say("How much of a launch a garbage collector took is unknown in this run.")
    elif silent:
        names = listed([one.many for one in silent[:most]] or ["some"])
        yield say("Its share is unknown for {}.", names)


def _share(one: Subject) -> tuple[Number, Number] | None:
    """The collector's time and the burst's whole time a unit, of the same burst."""
    taken = one.figure("collector's time")
    launch = one.figure(MARGINAL) or one.figure("burst")
    if taken is None or launch is None or not 0 <= taken.value <= launch.value:
        return None
    return (taken, launch) if launch.value else None
