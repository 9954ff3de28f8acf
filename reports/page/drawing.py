"""The figures as they stand in the page: `data:` addresses, which need no request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from reports import palette
from reports.draw.canvas import WIDE, Shape
from reports.draw.matplotlib_backend import draw
from reports.draw.save import embedded
from reports.figures.chart import Chart
from reports.page.model import Picture
from reports.palette import DARK, LIGHT

# What an address in an attribute may hold as it is; in `srcset` a blank would end it.
UNTOUCHED = "/:;=,.!()*+-_~@$"
COLOUR = re.compile(r"(?<=fill: |roke: )#[0-9a-f]{6}(?=[;\"])")
# About as wide as a phone's screen, so that its letters are hardly shrunk there.
PHONE = Shape("square", 430, 500, 12, 17, 12, 11, 9, (3, 3, 3))


def pictures(charts: Sequence[Chart]) -> dict[str, Picture]:
    """Each figure in both themes and two shapes, by its name."""
    found: dict[str, Picture] = {}
    for chart in charts:
        (light, dark), (light_narrow, dark_narrow) = (_themed(chart, one) for one in (WIDE, PHONE))
        found[chart.name] = Picture(light, dark, light_narrow, dark_narrow)
    return found


def _themed(chart: Chart, shape: Shape) -> tuple[str, str]:
    """The drawing in both themes, as addresses: shorter than in base64, since most of it is
    numbers. Drawing takes most of a report's time, so the dark one is the light one with other
    colours; where a colour is of neither theme, such as ink on a bar, it is drawn as well."""
    light = embedded(draw(chart, LIGHT, shape))
    in_dark = palette.in_dark()
    if in_dark.keys() >= {*COLOUR.findall(light)}:
        dark = COLOUR.sub(lambda found: in_dark[found[0]], light)
    else:
        dark = embedded(draw(chart, DARK, shape))
    return _address(light), _address(dark)


def _address(svg: str) -> str:
    return f"data:image/svg+xml,{quote(svg, safe=UNTOUCHED)}"
