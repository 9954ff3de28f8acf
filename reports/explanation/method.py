"""How far the text can be trusted: what was measured, and what was not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.derive.doubts import MARK
from reports.explanation.facts import Facts
from reports.explanation.text import Section, Sentence, say
from reports.wording.doubted import reasons


def scope(facts: Facts, doubts: Iterable[str]) -> Section:
    """What a unit did, how it was weighed, where its numbers are to be found, and why those are
    doubted that bear the mark."""
    paragraphs = (tuple(_measured()), tuple(_where(facts)), tuple(_doubted(doubts)))
    return Section("How far this goes", tuple(part for part in paragraphs if part))


def _doubted(doubts: Iterable[str]) -> Iterator[Sentence]:
    if why := reasons(doubts):
        yield say(f"A number with {MARK} is not to be quoted alone: {why}.")


def _measured() -> Iterator[Sentence]:
    yield say("Every unit here did nothing but wait, and whatever it works with comes on top.")
    yield say(
        "What one takes is a difference, read from outside the process: the memory with many "
        "waiting, less that with few, divided by the units between."
    )
    yield say("So what a process takes by itself is not in it.")


def _where(facts: Facts) -> Iterator[Sentence]:
    yield say("Every number in this text stands in the tables of this result.")
    if any(one.bytes("total") is None for one in facts.all):
        yield say("What is unknown is not nothing: this run could not tell it.")
    if any(one.row.total_bytes and one.unsure for one in facts.all):
        yield say("Where no interval stands beside a cost, too few sweeps were made for one.")
    yield say("With other versions, or on another machine, they are others.")
