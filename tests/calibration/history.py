"""How often the check of a history nominates in vain, and what it finds: part of `make calibrate`.

    .venv/bin/python -m tests.calibration.history                     everything: some 15 minutes
    .venv/bin/python -m tests.calibration.history --seeds tuning      those to tune by
    .venv/bin/python -m tests.calibration.history --series 50         a first look

Each series goes through the shipped check. On the published seeds at full length, the tables of
docs/history.md and recorded/history.csv are written anew. Ends with 1 where a figure was not
reached.
"""

from __future__ import annotations

import argparse
import csv
import functools
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.history.check import FOR_ALARM, FOR_VERDICT, check
from bench.history.trends import Night, Period, Segment, Trend
from bench.judging.gates import BURST, BYTES, BYTES_SHARE, SECONDS_SHARE, MetricName
from bench.model.records import CaseRecord
from tests.calibration.nights import KINDS, SPREAD, Dated, series, shifted, stepped
from tests.calibration.page import filled

PAGE = Path(__file__).parents[2] / "docs" / "history.md"
CSV = Path(__file__).parent / "recorded" / "history.csv"

SERIES = 500
# So many of them: these take longer.
WATCHED, ADVISED, POWER, STEPPED, EARLY, TOGETHER = 0.1, 0.2, 0.2, 0.2, 0.2, 0.1
NIGHTS = 60
BEFORE = 40  # nights, then come those that are worse
CHANGES = (0.03, 0.05, 0.10, 0.20)
AFTERS = (5, 10, 20)
FOUND_IN = ("quiet", "spikes: 5 % of the nights +25 %", "waves: autocorrelation 0.5")
STEPS, TIMES_MARGIN, NOISE = (2, 3, 5), (1.2, 2.0, 5.0), (0.2, 0.15)
LENGTHS = (40, 60)
BYTES_NOISE = (0.03, 0.15, 0.4)  # of the margin: 0.03 and 0.15 are those of real bytes
YOUNGEST = 6  # nights
METRICS = 42  # seven runtimes with six figures each
REACH = 0.05

# What the figures to reach are about; the other kinds are told.
JUDGED = (
    "quiet",
    "spikes: 5 % of the nights +25 %",
    "waves: autocorrelation 0.5",
    "waves and spikes",
    "bursts of real runs",
)

RUNTIME = CaseRecord(runtime="asyncio", label="asyncio task", kind="task", language="Python")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def value(self) -> float:
        return self.count / self.of

    @functools.cached_property
    def interval(self) -> tuple[float, float]:
        """That of Clopper and Pearson (1934), 95 %."""
        from scipy.stats import binomtest

        found = binomtest(self.count, self.of).proportion_ci(0.95, method="exact")
        return float(found.low), float(found.high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value * 100:.1f} % ({low * 100:.1f}–{high * 100:.1f})"


@dataclass(frozen=True)
class Row:
    """One figure: of which kind of series, what was asked of it, and the share that it is."""

    table: str
    kind: str
    asked: str
    share: Share


def period_of(made: Sequence[Dated], number: int = 0, figure: MetricName = BURST) -> Period:
    """These nights, whose values are logarithms, of one figure of one runtime."""
    nights = tuple(
        Night(f"{day:016x}", FIRST + timedelta(days=day), None, 4e-6 * math.exp(value))
        for day, value in made
    )
    runtime = (
        RUNTIME
        if not number
        else CaseRecord(runtime=f"runtime-{number}", label="", kind="task", language="Python")
    )
    segment = Segment(nights, {})
    return Period(Trend(runtime, figure, (segment,)), segment, nights)


def nominates(nights: Sequence[Dated]) -> bool:
    return bool(check([period_of(nights)]).nominations)


def alarms(nights: Sequence[Dated]) -> bool:
    """Whether a worsening alarms, wherever it is said to be."""
    return bool(check([period_of(nights)]).alarms)


# What is asked of one series; each is given the kind, the seeds and the series' number.


def once(kind: str, seeds: str, number: int) -> bool:
    """One check, after all nights."""
    return nominates(series(kind, NIGHTS, seeds, number))


def young(kind: str, seeds: str, number: int) -> bool:
    """One check, as soon as it may alarm."""
    return nominates(series(kind, NIGHTS, seeds, number)[:FOR_ALARM])


def watched(kind: str, seeds: str, number: int) -> bool:
    """A check every night from the first that may alarm: whether any of them nominated."""
    nights = series(kind, NIGHTS, seeds, number)
    return any(nominates(nights[:end]) for end in range(FOR_ALARM, len(nights) + 1))


def advised(kind: str, seeds: str, number: int) -> bool:
    """A check every night from the first with a verdict until they may alarm."""
    nights = series(kind, NIGHTS, seeds, number)
    return any(nominates(nights[:end]) for end in range(FOR_VERDICT, FOR_ALARM))


def together(kind: str, seeds: str, number: int) -> bool:
    """One check of a whole history at once: whether any of its figures was nominated."""
    every = (
        period_of(series(kind, NIGHTS, f"{seeds}/{metric}", number), metric)
        for metric in range(METRICS)
    )
    return bool(check(list(every)).nominations)


def found(change: float, after: int, kind: str, seeds: str, number: int) -> bool:
    """Whether a worsening is found once so many nights have it."""
    return alarms(shifted(series(kind, BEFORE + after, seeds, number), after, change))


def early(noise: float, change: float, kind: str, seeds: str, number: int) -> bool:
    """A check of bytes every night, from the first that may alarm until all may: whether any
    alarms. Their noise is so much of the margin; the last half of the nights is heavier."""
    limit = noise * math.log1p(BYTES_SHARE) / SPREAD
    made = series(kind, FOR_ALARM - 1, seeds, number)
    nights = [Dated(day, value * limit) for day, value in made]
    if change:
        nights = shifted(nights, 4, change)[-2 * 4 :]
        return bool(check([period_of(nights, figure=BYTES)]).alarms)
    ends = range(YOUNGEST, len(nights) + 1)
    return any(check([period_of(nights[:end], figure=BYTES)]).alarms for end in ends)


def places_found(
    nights: int, steps: int, times: float, noise: float, seeds: str, number: int
) -> tuple[int, int, int]:
    """How many steps are found at their very night, how many within a night of it, and how many
    are nominated elsewhere."""
    height = times * math.log1p(SECONDS_SHARE)
    seed = f"{seeds}/{nights}/{steps}/{times}/{noise}/{number}"
    made, places = stepped(nights, steps, height, noise, seed)
    named = {int(one.first.point, 16) for one in check([period_of(made)]).nominations}
    near = [place for place in places if named & {place - 1, place, place + 1}]
    others = [one for one in named if not {one - 1, one, one + 1} & set(places)]
    return len(named & set(places)), len(near), len(others)


Question = Callable[[str, str, int], bool]


def share_of(pool: ProcessPoolExecutor, ask: Question, kind: str, seeds: str, count: int) -> Share:
    yes = pool.map(functools.partial(ask, kind, seeds), range(count), chunksize=10)
    return Share(sum(yes), count)


def false_nominations(pool: ProcessPoolExecutor, seeds: str, count: int) -> Iterable[Row]:
    few, some = max(1, round(WATCHED * count)), max(1, round(ADVISED * count))
    for kind in KINDS:
        yield Row("false", kind, "one check, 30 nights", share_of(pool, young, kind, seeds, count))
        yield Row("false", kind, "one check, 60 nights", share_of(pool, once, kind, seeds, count))
        yield Row("false", kind, "every night, 30 to 60", share_of(pool, watched, kind, seeds, few))
        yield Row(
            "false", kind, "advice, nights 10 to 29", share_of(pool, advised, kind, seeds, some)
        )


def whole_histories(pool: ProcessPoolExecutor, seeds: str, count: int) -> Iterable[Row]:
    few = max(1, round(TOGETHER * count))
    for kind in FOUND_IN:
        yield Row(
            "together",
            kind,
            f"{METRICS} figures, one check",
            share_of(pool, together, kind, seeds, few),
        )


def power(pool: ProcessPoolExecutor, seeds: str, count: int) -> Iterable[Row]:
    few = max(1, round(POWER * count))
    for kind in (*FOUND_IN, "bursts of real runs"):
        for change in CHANGES:
            for after in AFTERS:
                ask = functools.partial(found, change, after)
                yield Row(
                    "power", kind, f"+{change:.0%} for {after} nights",
                    share_of(pool, ask, kind, seeds, few),
                )  # fmt: skip


def several_steps(pool: ProcessPoolExecutor, seeds: str, count: int) -> Iterable[Row]:
    few = max(1, round(STEPPED * count))
    for noise in NOISE:
        for nights in LENGTHS:
            for steps in STEPS:
                for times in TIMES_MARGIN:
                    ask = functools.partial(places_found, nights, steps, times, noise, seeds)
                    found = list(pool.map(ask, range(few), chunksize=10))
                    exact, near, _ = (sum(each) for each in zip(*found, strict=True))
                    extra = sum(bool(others) for *_, others in found)
                    kind = f"{nights} nights, {steps} steps, noise {noise:.0%} of a step"
                    asked = f"{times:g} × margin"
                    yield Row("steps", kind, f"{asked}: exactly", Share(exact, few * steps))
                    yield Row("steps", kind, f"{asked}: within a night", Share(near, few * steps))
                    yield Row("steps", kind, f"{asked}: false extra", Share(extra, few))


def early_alarms(pool: ProcessPoolExecutor, seeds: str, count: int) -> Iterable[Row]:
    few = max(1, round(EARLY * count))
    for kind in (*FOUND_IN, "waves and spikes"):
        for noise in BYTES_NOISE:
            ask = functools.partial(early, noise, 0.0)
            yield Row(
                "early", kind, f"noise {noise:g} × margin", share_of(pool, ask, kind, seeds, few)
            )
    for change in (0.02, 0.06):
        for noise in BYTES_NOISE:
            ask = functools.partial(early, noise, change)
            yield Row(
                "early", f"quiet, +{change:.0%} in the last 4 of 8", f"noise {noise:g} × margin",
                share_of(pool, ask, "quiet", seeds, few),
            )  # fmt: skip


def steps_table(rows: Sequence[Row]) -> str:
    """A line a kind of series, three shares a height of the steps."""
    heads = [f"{times:g} × margin: exactly / within a night" for times in TIMES_MARGIN]
    lines = [
        f"| series | {' | '.join(heads)} | series with a false extra step |",
        f"| --- |{' ---: |' * (len(heads) + 1)}",
    ]
    shares = {(row.kind, row.asked): row.share for row in rows}
    for kind in dict.fromkeys(row.kind for row in rows):
        cells = []
        for times in TIMES_MARGIN:
            exact, near = (
                shares[kind, f"{times:g} × margin: {how}"] for how in ("exactly", "within a night")
            )
            cells.append(f"{exact.value:.1%} / {near.value:.1%}".replace("%", " %"))
        extra = [shares[kind, f"{times:g} × margin: false extra"] for times in TIMES_MARGIN]
        cells.append(str(Share(sum(one.count for one in extra), sum(one.of for one in extra))))
        lines.append(f"| {kind} | {' | '.join(cells)} |".replace("% of", " % of"))
    return "\n".join(lines)


def as_table(rows: Sequence[Row]) -> str:
    """A line a kind, a column a question."""
    questions = list(dict.fromkeys(row.asked for row in rows))
    lines = [
        f"| nights | {' | '.join(questions)} |",
        f"| --- |{' ---: |' * len(questions)}",
    ]
    for kind in dict.fromkeys(row.kind for row in rows):
        cells = {row.asked: str(row.share) for row in rows if row.kind == kind}
        lines.append(f"| {kind} | {' | '.join(cells[asked] for asked in questions)} |")
    return "\n".join(lines)


def power_table(rows: Sequence[Row]) -> str:
    """A line a kind and number of nights, a column a change."""
    heads = [f"+{change:.0%}".replace("%", " %") for change in CHANGES]
    lines = [
        f"| nights | with the change | {' | '.join(heads)} |",
        f"| --- | ---: |{' ---: |' * len(heads)}",
    ]
    shares = {(row.kind, row.asked): row.share for row in rows}
    for kind in dict.fromkeys(row.kind for row in rows):
        for after in AFTERS:
            cells = (str(shares[kind, f"+{change:.0%} for {after} nights"]) for change in CHANGES)
            lines.append(f"| {kind} | {after} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write(rows: Sequence[Row], blocks: dict[str, str]) -> None:
    """The tables into the page, and every figure into the CSV."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), blocks), encoding="utf-8")
    with CSV.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("table", "nights", "asked", "count", "of", "low", "high"))
        writer.writerows(
            (row.table, row.kind, row.asked, row.share.count, row.share.of,
             *(f"{end:.4f}" for end in row.share.interval))
            for row in rows
        )  # fmt: skip


def not_reached(rows: Iterable[Row]) -> list[Row]:
    """The shares of false nominations that are above what is allowed, of what is judged."""
    return [
        row
        for row in rows
        if row.table == "false" and row.kind in JUDGED and row.asked.startswith("one check")
        if row.share.value > REACH
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--series", type=int, default=SERIES, help="for each false-alarm rate")
    parser.add_argument("--seeds", choices=("tuning", "published"), default="published")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    began = time.monotonic()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        made = [
            list(part(pool, options.seeds, options.series))
            for part in (several_steps, early_alarms, false_nominations, whole_histories, power)
        ]
    tables = {
        "several steps": steps_table(made[0]),
        "early alarms": as_table(made[1]),
        "false nominations": as_table(made[2]),
        "all figures together": as_table(made[3]),
        "what is found": power_table(made[4]),
    }
    for name, table in tables.items():
        print(f"{name}\n\n{table}\n")
    rows = [row for part in made for row in part]
    if (options.series, options.seeds) == (SERIES, "published"):
        write(rows, tables)
    missed = not_reached(rows)
    for row in missed:
        print(f"not reached: {row.kind}, {row.asked}: {row.share}")
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
