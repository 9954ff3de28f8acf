"""What the page shows, as plain values: the template lays them out and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.derive.metrics import counts_behind
from bench.model.likeness import differences_of, facts_with_counts
from reports.digest import Digest
from reports.explanation.tell import explain
from reports.explanation.text import Explanation
from reports.figures.chart import Chart, caption
from reports.figures.unit_cost import costs, counts
from reports.page import sheets
from reports.tables.finding import finding
from reports.tables.report import COMPARISON, LIMITS, SUMMARY, Titled


@dataclass(frozen=True)
class Picture:
    """One figure in both themes, wide and narrow, as `data:` addresses."""

    light: str
    dark: str
    light_narrow: str
    dark_narrow: str


@dataclass(frozen=True)
class Figure:
    """One figure with its data: `heading` says which of the six it is, `chart.title` what it
    shows."""

    heading: str
    chart: Chart
    picture: Picture
    table: Titled


@dataclass(frozen=True)
class View:
    """One result on the page. `label` tells it from the others; `key` stands in addresses, and
    `counts` are those of which its bytes are told."""

    key: str
    label: str
    finding: str
    counts: str
    caption: str
    comparison: Titled
    figures: tuple[Figure, ...]
    explanation: Explanation
    limits: tuple[Titled, ...]
    method: tuple[Titled, ...]
    machine: Titled
    doubts: Titled
    summary: Titled


@dataclass(frozen=True)
class Page:
    """The whole page: of several results also what differs between them, and each beside the
    others."""

    title: str
    headline: str
    views: tuple[View, ...]
    unlike: Titled | None = None
    side_by_side: Titled | None = None

    @property
    def several(self) -> bool:
        return len(self.views) > 1

    @property
    def unlike_counts(self) -> bool:
        """Whether the results' bytes are not told at the same counts."""
        return len({view.counts for view in self.views}) > 1

    @property
    def figures(self) -> tuple[tuple[tuple[str, Figure], ...], ...]:
        """Each figure of all results together, with the labels of the results that have it."""
        known = [(view.label, one) for view in self.views for one in view.figures]
        names = dict.fromkeys(one.chart.name for _, one in known)
        return tuple(tuple(pair for pair in known if pair[1].chart.name == name) for name in names)


def page(
    digests: Sequence[Digest], labels: Sequence[str], pictures: Sequence[Mapping[str, Picture]]
) -> Page:
    """The page of these results; `pictures` has each one's by the names of their charts."""
    views = tuple(
        _view(f"result-{place + 1}", label, digest, drawn)
        for place, (label, digest, drawn) in enumerate(zip(labels, digests, pictures, strict=True))
    )
    if len(views) == 1:
        return Page(f"outnumber: {labels[0]}", views[0].finding, views)
    found = differences_of(
        *(facts_with_counts(one.result, counts_behind(one.metrics)) for one in digests)
    )
    compared = [digest.comparison for digest in digests]
    return Page(
        f"outnumber: {', '.join(labels)}",
        f"{len(views)} results side by side: {', '.join(labels)}",
        views,
        unlike=sheets.unlike(labels, found),
        side_by_side=sheets.side_by_side(labels, compared),
    )


def _view(key: str, label: str, digest: Digest, drawn: Mapping[str, Picture]) -> View:
    figures = tuple(
        Figure(chart.heading, chart, drawn[chart.name], digest.table(chart.name))
        for chart in digest.charts
    )
    return View(
        key=key,
        label=label,
        finding=finding(digest.comparison),
        counts=counts(costs(digest.result, digest.metrics)),
        caption=caption(digest.result),
        comparison=digest.table(COMPARISON),
        figures=figures,
        explanation=explain(digest),
        limits=(sheets.nearest(digest), sheets.endings(digest), digest.table(LIMITS)),
        method=(
            sheets.run(digest),
            sheets.unit_kinds(digest),
            sheets.sources(digest),
        ),
        machine=sheets.machine(digest),
        doubts=sheets.doubts(digest),
        summary=digest.table(SUMMARY),
    )
