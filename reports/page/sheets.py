"""The page's own tables: how it was measured, on what machine, how climbs ended, what is doubtful.

They hold words alone: what a program would read of them stands in the result itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bench.derive.ceiling import doubt_of
from bench.derive.choice import cases_of
from bench.derive.doubts import DOUBTS, MARK
from bench.derive.memory import READ
from bench.derive.metrics import Metric
from bench.model.likeness import Difference
from bench.model.records import BURST_FROM_NOTHING, CLIMB, REPEAT, Machine
from bench.quantities import BYTES
from reports.digest import Digest
from reports.tables.columns import ABSENT, Fitting, cells, columns_of
from reports.tables.comparison import REASONS, Comparison, Row
from reports.tables.table import Titled, sheet
from reports.wording import units
from reports.wording.doubted import marked
from reports.wording.metrics import name_of
from reports.wording.runs import PURPOSES

BROKEN = ("failed", "killed", "interrupted")
MOST_NAMED = 4  # quantities in a cell; of more, only their number is given


# Several results


def side_by_side(labels: Sequence[str], comparisons: Sequence[Comparison]) -> Titled:
    """What each result says of each case, a column a result; at which count, where they differ in
    that."""
    results = [{row.name: row for row in compared.rows} for compared in comparisons]
    columns = {c.key: c for compared in comparisons for c in columns_of(compared)[1:]}
    rows, doubts = [], []
    for name in dict.fromkeys(name for rows_of in results for name in rows_of):
        for column in columns.values():
            each = [rows_of.get(name) for rows_of in results]
            rows.append((name, column.heading, *_beside(each, column)))
            found = zip(labels, (row and column.doubt(row) for row in each), strict=True)
            doubts.append({label: str(doubt) for label, doubt in found if doubt})
    headings = ("runtime", "quantity", *labels)
    numbers = range(2, len(headings))
    return sheet("side-by-side", "The results side by side", headings, rows, numbers, doubts)


def _beside(rows: Sequence[Row | None], column: Fitting) -> Iterator[str]:
    """A value of one case in each result."""
    counts = [column.at(row) if row else None for row in rows]
    differ = len({count for count in counts if count is not None}) > 1
    for row, count in zip(rows, counts, strict=True):
        (cell,) = cells(row, [column]) if row else (ABSENT,)
        known = differ and count is not None and cell != units.UNKNOWN
        yield f"{cell} at {units.count(count)}" if known else cell


def unlike(labels: Sequence[str], found: Iterable[Difference]) -> Titled:
    """What differs between the results' machines, versions and settings."""
    rows = ((one.topic, one.name, *one.values) for one in found)
    return sheet("differences", "What differs between the results", ("of", "fact", *labels), rows)


# One result


def nearest(digest: Digest) -> Titled:
    """The limit that ended each launch, or would be the first to, and how to lift it."""
    rows, doubts = [], []
    for row in digest.comparison.rows:
        if row.allowed is None:
            continue
        bound, reached = row.allowed.binding, units.count(row.allowed.reached)
        about = {"reached": row.reached_doubt, "allows": bound.doubt if bound else None}
        doubts.append({key: doubt for key, doubt in about.items() if doubt})
        limit = (units.UNKNOWN, "", units.UNKNOWN)
        if bound:
            limit = (bound.limit, bound.where or "", marked(units.count(bound.units), bound.doubt))
        lift = bound.lift if bound else ""
        rows.append((row.name, *limit, marked(reached, row.reached_doubt), lift))
    headings = ("runtime", "limit", "where", "allows", "reached", "to go further")
    title = "The limit that ended each launch, or would be the first to"
    return sheet("nearest-limits", title, headings, rows, (3, 4), doubts)


def endings(digest: Digest) -> Titled:
    """How each climb ended, and every session that broke."""
    rows, doubts = [], []
    sessions = (session for case in cases_of(digest.result) for session in case.sessions)
    for one in sessions:
        stop, doubt = one.stop, doubt_of(one)
        if one.purpose != CLIMB and stop.status not in BROKEN:
            continue
        doubts.append({"reached": doubt} if doubt else {})
        place = f" {one.round}" if one.purpose in (REPEAT, BURST_FROM_NOTHING) else ""
        rows.append(
            (
                one.case,
                f"{PURPOSES.get(one.purpose, one.purpose)}{place}",
                marked(units.count(stop.count), doubt),
                REASONS[stop.status] + (f": {stop.limit}" if stop.limit else ""),
                stop.message,
                "; ".join(stop.evidence),
            )
        )
    headings = ("runtime", "session", "reached", "ended by", "message", "evidence")
    return sheet("endings", "How each climb ended, and what broke", headings, rows, (2,), doubts)


def unit_kinds(digest: Digest) -> Titled:
    """What one unit was, in the runner's own words."""
    rows = []
    for case in cases_of(digest.result):
        hello = next((one.hello for one in case.sessions if one.hello), None)
        if hello is None:
            rows.append((case.case, units.UNKNOWN, units.UNKNOWN, ""))
            continue
        facts = ", ".join(f"{key} {value}" for key, value in hello.facts.items())
        rows.append((case.case, hello.version, hello.unit, facts))
    headings = ("runtime", "version", "one unit", "facts")
    return sheet("units", "What one unit was", headings, rows)


def run(digest: Digest) -> Titled:
    """What was requested, and when."""
    result, plan = digest.result, digest.result.plan
    most = "as far as time and memory allow" if plan.max is None else units.count(plan.max)
    facts = {
        "command": f"outnumber {result.command}",
        "version": f"outnumber {result.version}",
        "started": result.started,
        "finished": result.finished or "not finished",
        "preset": plan.preset,
        "climb to": most if plan.climb else "no climb",
        "repeats per runtime": units.count(plan.sweeps),
        "time budget": "none"
        if plan.budget_seconds is None
        else units.seconds(plan.budget_seconds),
        "seed of the order": str(plan.seed),
        **{f"setting {name}": value for name, value in plan.settings.items()},
    }
    return sheet("run", "What was requested", ("fact", "value"), facts.items())


def machine(digest: Digest) -> Titled:
    """The machine, its limits, and the versions of what ran on it."""
    made: Machine = digest.result.machine
    facts = {
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
        "load before the run": units.number(made.load),
        "time stolen by other guests": units.share(made.steal),
        "C library": made.libc,
        "Python of the harness": made.python,
        **{
            f"version of {case.key}": case.version
            for case in digest.result.cases
            if not case.reason
        },
        **{f"limit {name}": value for name, value in made.limits.items()},
    }
    rows = [(name, units.UNKNOWN if value is None else value) for name, value in facts.items()]
    return sheet("machine", "Machine and versions", ("fact", "value"), rows)


def caveats(digest: Digest) -> Titled:
    """Every doubt and warning of the run, and of which values it is."""
    rows = [("the whole run", warning) for warning in digest.result.warnings]
    rows += [(one.key, f"left out: {one.reason}") for one in digest.result.cases if one.reason]
    for doubt in DOUBTS:
        if held := [metric for metric in digest.metrics if metric.doubt == doubt.name]:
            rows.append((_about(held), f"{MARK} {doubt.reason}"))
    warned: dict[str, list[Metric]] = {}
    for metric in digest.metrics:
        for warning in metric.warnings:
            warned.setdefault(warning, []).append(metric)
    rows += [(_about(metrics), warning) for warning, metrics in warned.items()]
    return sheet("caveats", "Caveats, and which values they are about", ("about", "caveat"), rows)


def _about(metrics: Sequence[Metric]) -> str:
    """Whose values, and which where they are few."""
    cases = ", ".join(dict.fromkeys(metric.case for metric in metrics))
    names = list(dict.fromkeys(map(name_of, metrics)))
    few = len(names) <= MOST_NAMED
    return f"{cases}: {'; '.join(names) if few else f'{len(names)} quantities'}"


def sources(digest: Digest) -> Titled:
    """Where the bytes per unit were read, a row a part and source, but for those that are
    computed from others."""
    found: dict[tuple[str, str], list[str]] = {}
    for metric in digest.metrics:
        if metric.metric == BYTES.name and metric.part in READ:
            key = (metric.part.replace("_", " "), metric.source)
            found.setdefault(key, []).append(metric.case)
    ran = len(dict.fromkeys(metric.case for metric in digest.metrics))
    rows = [
        (part, source, "all" if len(names) == ran else ", ".join(names))
        for (part, source), names in sorted(found.items(), key=lambda one: one[0][0])
    ]
    return sheet("sources", "Where the bytes were read", ("part", "read from", "for"), rows)
