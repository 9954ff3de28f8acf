"""The figures as they stand in the page: `data:` addresses, which need no request."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from reports.charts.chart import Chart
from reports.page.model import Picture
from reports.palette import DARK, LIGHT, Theme
from reports.pictures.canvas import WIDE, Shape
from reports.pictures.draw import draw
from reports.pictures.save import embedded

# What an address in an attribute may hold as it is; in `srcset` a blank would end it.
UNTOUCHED = "/:;=,.!()*+-_~@$"
# About as wide as a phone's screen, so that its letters are hardly shrunk there.
PHONE = Shape("square", 430, 500, 12, 17, 12, 11, 9, (3, 3, 3))


def pictures(charts: Sequence[Chart]) -> dict[str, Picture]:
    """Each figure in both themes and two shapes, by its name."""
    return {
        chart.name: Picture(
            light=_address(chart, LIGHT, WIDE),
            dark=_address(chart, DARK, WIDE),
            light_narrow=_address(chart, LIGHT, PHONE),
            dark_narrow=_address(chart, DARK, PHONE),
        )
        for chart in charts
    }


def _address(chart: Chart, theme: Theme, shape: Shape) -> str:
    """The drawing itself as an address: shorter than in base64, since most of it is numbers."""
    svg = embedded(draw(chart, theme, shape))
    return f"data:image/svg+xml,{quote(svg, safe=UNTOUCHED)}"
