"""The page's own tables: how it was measured, on what machine, how climbs ended, what is doubtful.

They hold words alone: what a program would read of them stands in the result itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench.derive.ceiling import doubt_of
from bench.derive.choice import cases_of
from bench.derive.doubts import DOUBTS, MARK
from bench.derive.metrics import Metric
from bench.model.likeness import Difference
from bench.model.records import Machine, Session, Stop
from reports.digest import Digest
from reports.figures import closeness
from reports.figures.chart import Doubts, Table
from reports.figures.closeness import Closeness
from reports.tables.comparison import COLUMNS, REASONS, Column, Comparison, Row, cells
from reports.tables.report import Titled
from reports.tables.summary import name_of
from reports.wording import units
from reports.wording.doubted import marked
from reports.wording.escape import plain

ABSENT = "–"
PURPOSES: Mapping[str, str] = {
    "climb": "climb",
    "short": "short sweep",
    "burst": "burst sweep",
    "leak": "leak sweep",
}
READ = ("user", "kernel", "kernel_stack", "page_tables", "rss")
BROKEN = ("failed", "killed", "interrupted")


def sheet(
    name: str,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Iterable[int] = (),
    doubts: Sequence[Doubts] | None = None,
) -> Titled:
    """A table of words; `numbers` are the columns that hold figures, `doubts` those about the
    values of each row, whose cells bear the mark already."""
    words = tuple(tuple(map(plain, row)) for row in rows)
    marks = tuple(place in set(numbers) for place in range(len(headings)))
    keys = tuple(heading.replace(" ", "_") for heading in headings)
    held = None if doubts is None else tuple(doubts)
    return Titled(name, title, Table(tuple(headings), keys, marks, words, words, held))


# Several results


def side_by_side(labels: Sequence[str], comparisons: Sequence[Comparison]) -> Titled:
    """What each result says of each runtime, a column a result; at which count, where they differ
    in that."""
    told = [{row.name: row for row in compared.rows} for compared in comparisons]
    names = dict.fromkeys(name for rows in told for name in rows)
    rows, doubts = [], []
    for name in names:
        for column in COLUMNS[1:]:
            each = [rows_of.get(name) for rows_of in told]
            rows.append((name, column.heading.replace("\n", " "), *_beside(each, column)))
            found = (
                (label, row and row.doubt(column.field))
                for label, row in zip(labels, each, strict=True)
            )
            doubts.append({label: doubt for label, doubt in found if doubt})
    headings = ("runtime", "figure", *labels)
    title = "The results side by side"
    return sheet("side-by-side", title, headings, rows, range(2, 99), doubts)


def _beside(rows: Sequence[Row | None], column: Column) -> Iterator[str]:
    """A figure of one runtime in each result."""
    counts = [column.at(row) if row else None for row in rows]
    differ = len({count for count in counts if count is not None}) > 1
    for row, count in zip(rows, counts, strict=True):
        (said,) = cells(row, [column]) if row else (ABSENT,)
        known = differ and count is not None and said != units.UNKNOWN
        yield f"{said} at {units.count(count)}" if known else said


def unlike(labels: Sequence[str], found: Iterable[Difference]) -> Titled:
    """What differs between the results' machines, versions and settings."""
    rows = ((one.topic, one.name, *one.values) for one in found)
    return sheet("differences", "What differs between the results", ("of", "fact", *labels), rows)


# One result


def nearest(digest: Digest) -> Titled:
    """The limit that ended each runtime, or would be the first to, and how to lift it."""
    found = closeness.nearest(digest.result, digest.metrics)
    rows = [_nearest(row) for row in found]
    doubts = [_nearest_doubts(row) for row in found]
    headings = ("runtime", "limit", "where", "allows", "reached", "to go further")
    title = "The limit that ended each launch, or would be the first to"
    return sheet("nearest-limits", title, headings, rows, (3, 4), doubts)


def _nearest_doubts(row: Closeness) -> Doubts:
    found = {"allows": row.binding and row.binding.doubt, "reached": row.doubt("reached")}
    return {key: doubt for key, doubt in found.items() if doubt}


def _nearest(row: Closeness) -> tuple[str, ...]:
    bound, reached = row.binding, marked(units.count(row.reached), row.doubt("reached"))
    if bound is None:
        return (row.runtime, units.UNKNOWN, "", units.UNKNOWN, reached, "")
    allows = marked(units.count(bound.units), bound.doubt)
    return (row.runtime, bound.name, bound.where or "", allows, reached, bound.lift)


def endings(digest: Digest) -> Titled:
    """How each climb ended, and every sweep that broke."""
    told = [
        sweep
        for case in cases_of(digest.result)
        for sweep in case.sessions
        if sweep.purpose == "climb" or sweep.stop.status in BROKEN
    ]
    doubts = [{"reached": doubt} if (doubt := doubt_of(sweep)) else {} for sweep in told]
    headings = ("runtime", "sweep", "reached", "ended by", "in its own words", "evidence")
    return sheet(
        "endings",
        "How each climb ended, and what broke",
        headings,
        map(_ending, told),
        (2,),
        doubts,
    )


def _ending(sweep: Session) -> tuple[str, ...]:
    stop: Stop = sweep.stop
    place = f" {sweep.round}" if sweep.purpose in ("short", "burst") else ""
    return (
        sweep.case,
        f"{PURPOSES[sweep.purpose]}{place}",
        marked(units.count(stop.count), doubt_of(sweep)),
        REASONS[stop.status] + (f": {stop.limit}" if stop.limit else ""),
        stop.message,
        "; ".join(stop.evidence),
    )


def unit_kinds(digest: Digest) -> Titled:
    """What one unit was, in the runner's own words."""
    rows = (_unit(case.case, case.sessions) for case in cases_of(digest.result))
    headings = ("runtime", "version", "one unit", "facts")
    return sheet("units", "What one unit was", headings, rows)


def _unit(name: str, sweeps: Sequence[Session]) -> tuple[str, ...]:
    hello = next((sweep.hello for sweep in sweeps if sweep.hello), None)
    if hello is None:
        return (name, units.UNKNOWN, units.UNKNOWN, "")
    facts = ", ".join(f"{key} {value}" for key, value in hello.facts.items())
    return (name, hello.version, hello.unit, facts)


def run(digest: Digest) -> Titled:
    """What was asked for, and when."""
    result = digest.result
    plan = result.plan
    asked = units.count(plan.max) if plan.max is not None else "as far as time and memory allow"
    budget = units.seconds(plan.budget_seconds) if plan.budget_seconds is not None else "none"
    facts = {
        "command": f"outnumber {result.command}",
        "version": f"outnumber {result.version}",
        "started": result.started,
        "finished": result.finished or "not finished",
        "preset": plan.preset,
        "climb to": asked if plan.climb else "no climb",
        "short sweeps a runtime": units.count(plan.sweeps),
        "time budget": budget,
        "seed of the order": str(plan.seed),
        **{f"setting {name}": value for name, value in plan.settings.items()},
    }
    return sheet("run", "What was asked for", ("fact", "value"), facts.items())


def machine(digest: Digest) -> Titled:
    """The machine, its limits, and the versions of what ran on it."""
    facts = _machine(digest.result.machine)
    limits = {f"limit {name}": value for name, value in digest.result.machine.limits.items()}
    versions = {
        f"version of {runtime.key}": runtime.version or units.UNKNOWN
        for runtime in digest.result.cases
        if not runtime.reason
    }
    rows = (facts | versions | limits).items()
    return sheet("machine", "Machine and versions", ("fact", "value"), rows)


def _machine(made: Machine) -> dict[str, str]:
    known = {
        "system": f"{made.system} {made.kernel}",
        "architecture": made.architecture,
        "processor": made.cpu,
        "processors": None if made.cpus is None else units.count(made.cpus),
        "memory": units.size(made.memory_bytes),
        "swap": units.size(made.swap_bytes),
        "virtualisation": made.virtualisation,
        "container": made.container,
        "cgroups": made.cgroup,
        "transparent huge pages": made.transparent_huge_pages,
        "overcommit": made.overcommit,
        "governor": made.governor,
        "load before": units.number(made.load),
        "time stolen by other guests": units.share(made.steal),
        "C library": made.libc,
        "Python of the harness": made.python,
    }
    return {name: units.UNKNOWN if value is None else value for name, value in known.items()}


def doubts(digest: Digest) -> Titled:
    """Every doubt and warning of the run, and of which figures it is."""
    rows = [("the whole run", warning) for warning in digest.result.warnings]
    rows += [
        (runtime.key, f"left out: {runtime.reason}")
        for runtime in digest.result.cases
        if runtime.reason
    ]
    for doubt in DOUBTS:
        if held := [metric for metric in digest.metrics if metric.doubt == doubt.name]:
            rows.append((_about(held), f"{MARK} {doubt.reason}"))
    rows += [(_about(metrics), doubt) for doubt, metrics in _doubted(digest.metrics)]
    return sheet("doubts", "What is doubtful, and of which figures", ("about", "doubt"), rows)


def _doubted(metrics: Iterable[Metric]) -> Iterator[tuple[str, list[Metric]]]:
    found: dict[str, list[Metric]] = {}
    for metric in metrics:
        for doubt in metric.warnings:
            found.setdefault(doubt, []).append(metric)
    yield from found.items()


def _about(metrics: Sequence[Metric]) -> str:
    """Whose figures, and which where they are few."""
    runtimes = ", ".join(dict.fromkeys(metric.case for metric in metrics))
    names = list(dict.fromkeys(map(name_of, metrics)))
    return f"{runtimes}: {'; '.join(names) if len(names) <= 4 else f'{len(names)} figures'}"


def sources(digest: Digest) -> Titled:
    """Where the bytes were read, a row a part and source."""
    found: dict[tuple[str, str], list[str]] = {}
    for metric in digest.metrics:
        if metric.part in READ:
            key = (metric.part.replace("_", " "), metric.source)
            found.setdefault(key, []).append(metric.case)
    ran = len(dict.fromkeys(metric.case for metric in digest.metrics))
    rows = [
        (part, source, "all" if len(names) == ran else ", ".join(names))
        for (part, source), names in found.items()
    ]
    rows.sort(key=lambda row: row[0])
    return sheet("sources", "Where the bytes were read", ("part", "read from", "for"), rows)
