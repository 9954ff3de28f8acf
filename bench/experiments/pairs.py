"""Two sides in one job: pairs of fresh processes in random order, as many as the verdicts need.

On one screen: prepare both sides, make pairs up to a look, ask the judge what is still open, go on
with that. Both sides' results are saved after every sweep.
"""

from __future__ import annotations

import math
import random
import secrets
from collections.abc import Callable, Iterator

import msgspec

from bench.engine import events
from bench.engine.ledger import USED_UP
from bench.errors import MeasureError
from bench.experiments.dealing import dealt
from bench.experiments.side import Contender, Open, PairsRequest, SideOfJob
from bench.model.records import DEFAULT_UNIT, Machine, Result
from runners.catalogue import Entry

# A leak sweep takes the longest, and what a process leaks hardly varies.
LEAK_PAIRS = 20
# Where a side broke so often before its first step, it would only break again.
HOPELESS = 2
PURPOSES: tuple[str, ...] = ("short", "burst", "leak", "climb")

Judge = Callable[[Result, Result], Open]


class PairsExperiment:
    """One job. `judge` is given both sides' results at each look and answers what is still open;
    `saves` are given each side's result so far after every sweep of it."""

    def __init__(
        self,
        request: PairsRequest,
        sides: tuple[Contender, Contender],
        machine: Machine,
        judge: Judge,
        observe: events.Observer,
        saves: tuple[Callable[[Result], None], Callable[[Result], None]],
    ) -> None:
        self._request = request
        self._judge = judge
        self._observe = observe
        self._dice = random.Random(request.seed)
        self._clock = sides[0].rig.clock
        climbs = max(1, request.climbs)
        self._climbs = [dealt(climbs, self._dice) for _ in sides[0].entries]
        job = secrets.token_hex(8)
        self._sides = (
            SideOfJob(sides[0], "base", request, machine, job, observe, saves[0]),
            SideOfJob(sides[1], "new", request, machine, job, observe, saves[1]),
        )

    def run(self) -> tuple[Result, Result]:
        """Makes the whole job. Raises `MeasureError` where a side cannot run, or the time is not
        enough for a verdict; an `Interrupted` passes through. Every finished sweep is saved by
        then."""
        for side in self._sides:
            side.prepare()
        self._began = self._clock.monotonic()
        self._last, self._quickest = 0.0, math.inf
        self._start()
        wanted, made = dict(self._request.wanted), 0
        for look in self._request.looks:
            made = self._make_pairs(range(made + 1, look + 1), wanted)
            self._refuse_too_few(made)
            wanted = dict(self._judge(*(side.ledger.result for side in self._sides)))
            if not any(wanted.values()) or made < look:
                break
        base, new = (side.ledger.finish() for side in self._sides)
        return base, new

    def _start(self) -> None:
        rows = tuple(
            msgspec.structs.replace(
                case, runtime=side.row(case.key), unit=DEFAULT_UNIT, settings={}
            )
            for pair in zip(*(side.ledger.result.cases for side in self._sides), strict=True)
            for side, case in zip(self._sides, pair, strict=True)
        )
        guess = sum(
            side.foretold_seconds(entry, purpose)
            for side in self._sides
            for entry in side.side.entries
            for purpose in self._request.wanted[entry.name]
        )
        seconds = min(guess * self._request.looks[0], self._budget_left())
        self._observe(events.RunStarted(rows, seconds))

    def _budget_left(self) -> float:
        budget = self._request.budget_seconds
        spent = self._clock.monotonic() - self._began
        return math.inf if budget is None else max(0.0, budget - spent)

    def _make_pairs(self, numbers: range, wanted: Open) -> int:
        """Makes these pairs, as far as the time is enough. Answers the last one's number."""
        began = self._clock.monotonic()
        for number in numbers:
            if not self._fits(number):
                self._warn(f"{number - 1} of {numbers[-1]} pairs were made: {USED_UP}")
                return number - 1
            self._observe(events.PairStarted(number, numbers[-1]))
            started = self._clock.monotonic()
            for entry_place, purpose in self._jobs(number, wanted):
                self._make_pair(entry_place, purpose, number)
            now = self._clock.monotonic()
            self._last, self._quickest = now - started, min(self._quickest, now - started)
            each = (now - began) / (number - numbers[0] + 1)
            left = min(each * (numbers[-1] - number), self._budget_left())
            self._observe(events.TimeLeft(left))
        return numbers[-1]

    def _fits(self, number: int) -> bool:
        """Whether there is time for this pair, which takes what the last one took, and, as far as
        can be told, for the fewest that bear a verdict: by the quickest pair so far, since the
        first may be slow, and not before some were made that looked for no ceiling."""
        if number == 1:
            return True
        left = self._budget_left()
        lacking = self._request.fewest - (number - 1)
        is_steady = number > self._request.climbs + 2
        return self._last <= left and not (is_steady and lacking * self._quickest > left)

    def _refuse_too_few(self, made: int) -> None:
        """Raises `MeasureError` where the time was not enough for the fewest pairs; both sides keep
        those that were made."""
        request = self._request
        if made >= request.fewest:
            return
        for side in self._sides:
            side.ledger.finish()
        spent = self._clock.monotonic() - self._began
        needed = math.ceil(1.2 * max(spent / made, self._last) * request.fewest)
        raise MeasureError(
            f"{made} of the {request.fewest} pairs that are needed took {spent:,.0f} seconds, so "
            f"they do not fit in {request.budget_seconds:,.0f}; give --budget {needed}, fewer "
            "units with --at, or fewer figures with --gate"
        )

    def _jobs(self, number: int, wanted: Open) -> Iterator[tuple[int, str]]:
        """The place of each runtime and the kinds of its sweeps in this pair, in random order."""
        entries = self._sides[0].side.entries
        jobs = [
            (place, purpose)
            for place, entry in enumerate(entries)
            for purpose in PURPOSES
            if purpose in wanted.get(entry.name, ()) and self._is_due(entry, purpose, number)
        ]
        self._dice.shuffle(jobs)
        yield from jobs

    def _is_due(self, entry: Entry, purpose: str, number: int) -> bool:
        if purpose == "leak":
            return number <= LEAK_PAIRS
        if purpose != "climb":
            return True
        # Where neither side met a limit at first, neither will.
        tried = all(side.climbs(entry.name) for side in self._sides)
        met = any(side.met_a_limit(entry.name) for side in self._sides)
        return number <= max(1, self._request.climbs) and (met or not tried)

    def _in_order(self, place: int, purpose: str, number: int) -> list[SideOfJob]:
        """Both sides, a coin saying which is first; for climbs, the next two that were dealt."""
        if purpose == "climb":
            return [self._sides[side] for side in self._climbs[place][2 * number - 2 : 2 * number]]
        sides = list(self._sides)
        self._dice.shuffle(sides)
        return sides

    def _make_pair(self, place: int, purpose: str, number: int) -> None:
        sides = self._in_order(place, purpose, number)
        name = sides[0].side.entries[place].name
        if any(side.broken[name] >= HOPELESS for side in self._sides):
            return
        for side in sides:
            side.sweep(side.side.entries[place], purpose, number)
            if side.broken[name] == HOPELESS:
                side.ledger.give_up(name, number)
                self._warn(f"no more pairs of {name}: the {side.name} side cannot be measured")
                return

    def _warn(self, message: str) -> None:
        for side in self._sides:
            side.ledger.warn(message)
        self._observe(events.Note(message))
