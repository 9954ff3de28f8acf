"""Two sides in one job: pairs of fresh processes in random order, as many as the verdicts need.

On one screen: prepare both sides, make pairs up to a look, ask the judge what is still open, go on
with that. Both sides' results are saved after every session. Where both sides are the same, all is
noise, and one result holds it.
"""

from __future__ import annotations

import math
import random
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from bench.engine import events
from bench.engine.budget import Job, bounds
from bench.engine.ledger import USED_UP
from bench.errors import MeasureError
from bench.experiments.base import AT, Run, SessionKind, Target, noted
from bench.experiments.ceiling import to_the_ceiling
from bench.limits.predict import DEFAULT_RESERVES
from bench.model.records import (
    CLIMB,
    DEFAULT_UNIT,
    MOST,
    Count,
    Machine,
    Plan,
    Record,
    Result,
    Session,
    Side,
    Spec,
    Text,
    Word,
)

BUDGET_SECONDS = 600.0  # a case
CEILING_SECONDS = 20.0
# Where a side broke so often before its first step, it would only break again.
HOPELESS = 2

Open = Mapping[str, frozenset[str]]
Judge = Callable[[Result, Result], Open]


@dataclass(frozen=True)
class Contender:
    """One side: what it is in words, and its cases. Those of both sides have the same keys, in the
    same order."""

    subject: str
    targets: tuple[Target, ...]


class PairsOptions(Record, frozen=True, kw_only=True):
    """What a job was asked for; what a spec leaves out, the command decides. `looks` are how many
    pairs are there at each look, `wanted` what kinds of sessions each case needs, `climbs` how many
    of them a side go to the ceiling. `budget` is the job's, in seconds: no pair is begun that would
    not fit. Under `fewest` pairs decide nothing. `gates`, in the words of `--gate`, and `ceiling`
    are the judge's."""

    seed: int = 0
    looks: tuple[Count, ...] = ()
    wanted: dict[Word, frozenset[Word]] = msgspec.field(default_factory=dict)
    at: Annotated[int, Meta(gt=0, le=MOST)] | None = None
    climbs: Count = 0
    ceiling_seconds: Annotated[float, Meta(gt=0, le=1e9)] = CEILING_SECONDS
    budget: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    fewest: Count = 1
    gates: tuple[Text, ...] = ()
    ceiling: bool = False

    @property
    def pairs(self) -> int | None:
        """The most pairs that are made."""
        return self.looks[-1] if self.looks else None

    def job(self, target: Target, kind: SessionKind, number: int) -> Job:
        """A session of pair `number`."""
        units = self.at or AT[target.case.kind]
        return target.job(kind.purpose, number, tuple(kind.stops(units, target.case.kind)))


class _SideOfJob:
    """One side while its job runs: its result, and what broke."""

    def __init__(
        self,
        contender: Contender,
        name: Literal["base", "new"],
        options: PairsOptions,
        machine: Machine,
        job: str,
        observe: events.Observer,
        save: Callable[[Result], None],
        spec: Spec | None,
    ) -> None:
        self.name = name
        self.options = options
        self.targets = contender.targets
        self.broken: Counter[str] = Counter()
        plan = Plan(
            sweeps=options.looks[-1],
            seed=options.seed,
            climb=options.climbs > 0,
            max=options.at,
            budget_seconds=options.budget,
            settings=noted(contender.targets),
            preset="ab",
        )
        side = Side(job=job, name=name, subject=contender.subject, looks=options.looks)
        self.run = Run("ab", plan, self.targets, machine, observe, save, spec, side)

    def build(self) -> None:
        """Raises `MeasureError` where one of the cases cannot run on this side."""
        for target in self.targets:
            try:
                self.run.build(target)
            except MeasureError as error:
                unable = "" if target.case.reason is None else f"{target.key} cannot run: "
                raise MeasureError(f"the {self.name} side: {unable}{error}") from error

    def expected_seconds(self, target: Target, purpose: str) -> float:
        if purpose == CLIMB:
            return 0.0
        job = self.options.job(target, session_kinds()[purpose], 1)
        return job.expected_seconds(self.run.forecasts[target.key])

    def climbs(self, key: str) -> list[Session]:
        """Those made so far."""
        made = self.run.ledger.result.sessions
        return [one for one in made if (one.case, one.purpose) == (key, CLIMB)]

    def met_a_limit(self, key: str) -> bool:
        return any(one.stop.status in ("refused", "killed") for one in self.climbs(key))

    def take(self, target: Target, purpose: str, number: int) -> None:
        """Makes one session. Climbs are in no pairs, and have numbers of their own."""
        run, rounds = self.run, self.options.looks[-1]
        if purpose == CLIMB:
            job = target.job(purpose, len(self.climbs(target.key)) + 1, ())
            live = run.session(target, job, DEFAULT_RESERVES)
            run.take(live, to_the_ceiling(self.options.ceiling_seconds), rounds)
            return
        kind = session_kinds()[purpose]
        job = self.options.job(target, kind, number)
        limits = bounds(target.case.kind, job.stops[-1], True, target.rig.room())
        live = run.session(target, job)
        run.take(live, kind.within(limits), rounds)
        self.broken[target.key] += live.hopeless


class PairsRun:
    """One job. `judge` is given both sides' results at each look and answers what is still open;
    `saves` are given each side's result so far after every session of it."""

    def __init__(
        self,
        options: PairsOptions,
        sides: tuple[Contender, Contender],
        machine: Machine,
        judge: Judge,
        observe: events.Observer,
        saves: tuple[Callable[[Result], None], Callable[[Result], None]],
        spec: Spec | None = None,
    ) -> None:
        self._options = options
        self._judge = judge
        self._observe = observe
        self._dice = random.Random(options.seed)
        self._clock = sides[0].targets[0].rig.clock
        climbs = max(1, options.climbs)
        self._climbs = [dealt(climbs, self._dice) for _ in sides[0].targets]
        job = secrets.token_hex(8)
        self._sides = (
            _SideOfJob(sides[0], "base", options, machine, job, observe, saves[0], spec),
            _SideOfJob(sides[1], "new", options, machine, job, observe, saves[1], spec),
        )

    def run(self) -> tuple[Result, Result]:
        """Makes the whole job. Raises `MeasureError` where a side cannot run, or the time is not
        enough for a verdict, and both sides keep the pairs that were made; an `Interrupted` passes
        through. Every finished session is saved by then."""
        options = self._options
        for side in self._sides:
            side.build()
        self._began = self._clock.monotonic()
        self._last, self._quickest = 0.0, math.inf
        self._start()
        wanted: Open = options.wanted
        made = 0
        for look in options.looks:
            made = self._make_pairs(range(made + 1, look + 1), wanted)
            if made < options.fewest:
                break
            wanted = dict(self._judge(*(side.run.ledger.result for side in self._sides)))
            if not any(wanted.values()) or made < look:
                break
        base, new = (side.run.ledger.finish() for side in self._sides)
        if made < options.fewest:
            spent = self._clock.monotonic() - self._began
            needed = math.ceil(1.2 * max(spent / made, self._last) * options.fewest)
            raise MeasureError(
                f"{made} of the {options.fewest} pairs that are needed took {spent:,.0f} seconds, "
                f"so they do not fit in {options.budget:,.0f}; give --budget {needed}, fewer units "
                "with --at, or fewer figures with --gate"
            )
        return base, new

    def _start(self) -> None:
        """Tells of the cases of both sides, each pair together, and of the time until a look."""
        pairs = zip(*(side.run.ledger.result.cases for side in self._sides), strict=True)
        rows = tuple(
            replace(
                case, runtime=side.run.row(case.key), unit=DEFAULT_UNIT, settings={}, python=None
            )
            for pair in pairs
            for side, case in zip(self._sides, pair, strict=True)
        )
        guess = sum(
            side.expected_seconds(target, purpose)
            for side in self._sides
            for target in side.targets
            for purpose in self._options.wanted.get(target.key, ())
        )
        seconds = min(guess * self._options.looks[0], self._budget_left())
        self._observe(events.RunStarted(rows, seconds))

    def _budget_left(self) -> float:
        budget = self._options.budget
        spent = self._clock.monotonic() - self._began
        return math.inf if budget is None else max(0.0, budget - spent)

    def _make_pairs(self, numbers: range, wanted: Open) -> int:
        """Makes these pairs, as far as the time is enough. Answers the last one's number."""
        began = self._clock.monotonic()
        for number in numbers:
            # A pair takes what the last one took. The fewest that bear a verdict take, as far as is
            # known, the quickest's time each: the first may be slow, and so may those that look for
            # a ceiling, so that nothing is known until two more were made.
            left, lacking = self._budget_left(), self._options.fewest - (number - 1)
            is_steady = number > self._options.climbs + 2
            if self._last > left or (is_steady and lacking * self._quickest > left):
                self._warn(f"{number - 1} of {numbers[-1]} pairs were made: {USED_UP}")
                return number - 1
            self._observe(events.PairStarted(number, numbers[-1]))
            started = self._clock.monotonic()
            for place, purpose in self._drawn(number, wanted):
                self._make_pair(place, purpose, number)
            now = self._clock.monotonic()
            self._last, self._quickest = now - started, min(self._quickest, now - started)
            each = (now - began) / (number - numbers[0] + 1)
            left = min(each * (numbers[-1] - number), self._budget_left())
            self._observe(events.TimeLeft(left))
        return numbers[-1]

    def _drawn(self, number: int, wanted: Open) -> list[tuple[int, str]]:
        """The place of each case and the kinds of its sessions in this pair, in random order."""
        kinds, drawn = session_kinds(), []
        for place, target in enumerate(self._sides[0].targets):
            key = target.key
            # Where neither side met a limit at first, neither will.
            tried = all(side.climbs(key) for side in self._sides)
            met = any(side.met_a_limit(key) for side in self._sides)
            most = {purpose: kind.most_pairs for purpose, kind in kinds.items()}
            most[CLIMB] = max(1, self._options.climbs) if met or not tried else 0
            drawn += [
                (place, purpose)
                for purpose, pairs in most.items()
                if purpose in wanted.get(key, ()) and (pairs is None or number <= pairs)
            ]
        self._dice.shuffle(drawn)
        return drawn

    def _make_pair(self, place: int, purpose: str, number: int) -> None:
        """One session of each side, a coin saying which is first; of climbs the next two that were
        dealt."""
        sides = list(self._sides)
        if purpose == CLIMB:
            drawn = self._climbs[place][2 * number - 2 : 2 * number]
            sides = [self._sides[side] for side in drawn]
        else:
            self._dice.shuffle(sides)
        key = sides[0].targets[place].key
        if any(side.broken[key] >= HOPELESS for side in self._sides):
            return
        for side in sides:
            side.take(side.targets[place], purpose, number)
            if side.broken[key] == HOPELESS:
                side.run.ledger.give_up(key, number)
                self._warn(f"no more pairs of {key}: the {side.name} side cannot be measured")
                return

    def _warn(self, message: str) -> None:
        for side in self._sides:
            side.run.ledger.warn(message)
        self._observe(events.Note(message))


def session_kinds() -> Mapping[str, SessionKind]:
    """What pairs can be made of, by purpose: whatever the experiments of the list name."""
    from bench import experiments

    return {kind.purpose: kind for one in experiments.all_() for kind in one.sessions}


def dealt(climbs: int, dice: random.Random) -> tuple[int, ...]:
    """Which side, 0 or 1, makes each of a case's climbs: so many of either, in any order alike.

    Ceilings are few and compared as two groups, by ranks. That is exact only where every order of
    both sides' climbs is as likely as any other. In pairs it is not: were the second of each two a
    little lower, because the first left something behind, the groups would fall apart more often
    than ranks that are dealt freely do.
    """
    order = [0, 1] * climbs
    dice.shuffle(order)
    return tuple(order)


class NoiseRun:
    """A job whose two sides are both `targets`. `save` is given one result with all sessions."""

    def __init__(
        self,
        options: PairsOptions,
        targets: Sequence[Target],
        machine: Machine,
        observe: events.Observer,
        save: Callable[[Result], None],
        spec: Spec | None = None,
    ) -> None:
        self._save = save
        self._sides: dict[str, Result] = {}
        # Nobody looks at these pairs before their end; a job is asked to all the same.
        whole, side = replace(options, looks=options.looks[-1:]), Contender("alike", tuple(targets))
        self._job = PairsRun(
            whole,
            (side, side),
            machine,
            lambda _base, _new: options.wanted,
            observe,
            (self._keep, self._keep),
            spec,
        )

    def run(self) -> Result:
        """Makes the whole job: all pairs, or as many as the budget is enough for. Raises as
        `PairsRun` does."""
        return as_one(*self._job.run())

    def _keep(self, result: Result) -> None:
        assert result.side is not None
        self._sides[result.side.name] = result
        self._save(as_one(*self._sides.values()))


def as_one(*sides: Result) -> Result:
    """One result with the sessions of both sides, in the order in which they were made. Of pair n
    the base has round 2n − 1 and the new side 2n."""
    sessions = (
        replace(one, round=2 * one.round - (side.side is not None and side.side.name == "base"))
        for side in sides
        for one in side.sessions
    )
    return replace(
        sides[0],
        command="noise",
        side=None,
        finished=min(side.finished or "" for side in sides) or None,
        sessions=tuple(sorted(sessions, key=lambda one: one.started_seconds)),
    )
