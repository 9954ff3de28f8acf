"""The explanation of one run, generated from its figures.

Where anything ran it has 250 to 900 words. Nothing is said of a runtime that was left out, and a
figure that is unknown is said to be.
"""

from __future__ import annotations

from dataclasses import replace

from reports.digest import Digest
from reports.explanation import counters, found, method, tasks, threads
from reports.explanation.facts import Facts, facts
from reports.explanation.text import Explanation, Section, say
from reports.tables.finding import SAME

MOST_WORDS = 900
NAMED = (3, 1, 0)  # how many strangers are named, until the text is short enough
NOTHING = (
    say("Nothing was measured in this run, so there is nothing to explain."),
    say("What was tried, and how it ended, stands in the result itself."),
)


def explain(digest: Digest) -> Explanation:
    """The whole text of a digest."""
    known = facts(digest)
    if not known.all:
        return Explanation("What this run found", (Section("Nothing to explain", (NOTHING,)),))
    told = (_told(replace(known, most=most)) for most in NAMED)
    return next((text for text in told if text.words <= MOST_WORDS), _told(replace(known, most=0)))


def _told(known: Facts) -> Explanation:
    sections = (
        found.found(known),
        *threads.made_of(known),
        *threads.waking(known),
        threads.hidden(known),
        *tasks.made_of(known),
        counters.counted(known),
        counters.ends(known),
        *tasks.price(known),
    )
    doubts = Explanation("", sections).doubts
    return Explanation(_title(known), (*sections, method.scope(known, doubts)))


def _title(known: Facts) -> str:
    """A claim only where the run bears it."""
    if _outnumber(known):
        return "Why tasks outnumber threads"
    if known.threads and known.tasks:
        return "What threads and tasks cost"
    return "What a thread costs" if known.threads else "What a task costs"


def _outnumber(known: Facts) -> bool:
    """Whether a task weighs less than a thread beyond doubt, and no limit lets fewer tasks live
    than threads."""
    thread, task = known.thread, known.task
    many = task.per_thread if task else None
    if thread is None or task is None or many is None or many.doubt or many.value < SAME:
        return False
    near, far = thread.closeness.binding, task.closeness.binding
    return near is None or far is None or far.units > near.units
