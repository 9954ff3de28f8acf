"""What the page shows, as plain values: the template lays them out and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.derive.metrics import counts_behind
from bench.model.likeness import differences_of, facts_with_counts
from reports.digest import COMPARISON, LIMITS, SUMMARY, Digest
from reports.explanation.explain import explain
from reports.explanation.text import Explanation
from reports.figures.chart import Chart, caption, counted
from reports.page import sheets
from reports.tables.columns import notes
from reports.tables.comparison import finding
from reports.tables.table import Titled


@dataclass(frozen=True)
class Picture:
    """One figure in both themes, wide and narrow, as `data:` addresses."""

    light: str
    dark: str
    light_narrow: str
    dark_narrow: str


@dataclass(frozen=True)
class Figure:
    """One figure with its data: `heading` names the figure, `chart.title` what it shows. Where
    nothing can draw, there is no picture."""

    heading: str
    chart: Chart
    picture: Picture | None
    table: Titled


@dataclass(frozen=True)
class View:
    """One result on the page. `label` tells it from the others, `key` stands in addresses, and
    `counts` are those at which its bytes per unit were measured."""

    key: str
    label: str
    finding: str
    counts: str
    caption: str
    comparison: Titled
    notes: tuple[str, ...]
    figures: tuple[Figure, ...]
    explanation: Explanation
    limits: tuple[Titled, ...]
    method: tuple[Titled, ...]
    machine: Titled
    caveats: Titled
    summary: Titled


@dataclass(frozen=True)
class ReportPage:
    """The whole page. Of several results it also has what differs between them, and each beside the
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
        """Whether the results' bytes per unit were measured at different counts."""
        return len({view.counts for view in self.views}) > 1

    @property
    def figures(self) -> tuple[tuple[tuple[str, Figure], ...], ...]:
        """Each figure of all results that have it, with the label of its result."""
        names = dict.fromkeys(figure.chart.name for view in self.views for figure in view.figures)
        return tuple(
            tuple(
                (view.label, figure)
                for view in self.views
                for figure in view.figures
                if figure.chart.name == name
            )
            for name in names
        )


def page(
    digests: Sequence[Digest], labels: Sequence[str], pictures: Sequence[Mapping[str, Picture]]
) -> ReportPage:
    """The page of these results; `pictures` has each one's by the names of their charts."""
    views = tuple(
        _view(f"result-{place}", label, digest, drawn)
        for place, (label, digest, drawn) in enumerate(
            zip(labels, digests, pictures, strict=True), start=1
        )
    )
    if len(views) == 1:
        return ReportPage(f"outnumber: {labels[0]}", views[0].finding, views)
    facts = [facts_with_counts(one.result, counts_behind(one.metrics)) for one in digests]
    return ReportPage(
        f"outnumber: {', '.join(labels)}",
        f"{len(views)} results side by side: {', '.join(labels)}",
        views,
        unlike=sheets.unlike(labels, differences_of(*facts)),
        side_by_side=sheets.side_by_side(labels, [one.comparison for one in digests]),
    )


def _view(key: str, label: str, digest: Digest, drawn: Mapping[str, Picture]) -> View:
    weighed = [(row.kind, row.total.at) for row in digest.comparison.rows if row.total]
    return View(
        key=key,
        label=label,
        finding=finding(digest.comparison),
        counts=counted(weighed),
        caption=caption(digest.result),
        comparison=digest.table(COMPARISON),
        notes=notes(digest.comparison),
        figures=tuple(
            Figure(one.heading, one, drawn.get(one.name), digest.table(one.name))
            for one in digest.charts
        ),
        explanation=explain(digest),
        limits=(sheets.nearest(digest), sheets.endings(digest), digest.table(LIMITS)),
        method=(sheets.run(digest), sheets.unit_kinds(digest), sheets.sources(digest)),
        machine=sheets.machine(digest),
        caveats=sheets.caveats(digest),
        summary=digest.table(SUMMARY),
    )
