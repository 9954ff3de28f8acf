"""Native charts: where they stand, and what python-pptx leaves of their axes to the XML.

Every chart's plot is laid out by hand, so that what stands beside it on the slide meets its rows in
every program that shows it. The order of elements is the schema's (ECMA-376, part 1, 21.2), which
PowerPoint insists on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pptx.enum.chart import XL_AXIS_CROSSES, XL_CHART_TYPE, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Inches, Pt

from reports.deck.page import Box, Page
from reports.deck.paint import rgb
from reports.wording.escape import plain

LABEL_POINTS, VALUE_POINTS, TICK_POINTS = 16, 14, 12
TICK = 1.0  # inches that a number of a scale takes


def add(page: Page, kind: XL_CHART_TYPE, data: Any, frame: Box, plot: Box, alt: str) -> Any:
    """A chart in `frame` whose axes bound `plot`. `alt` is read where it is not seen."""
    place = (Inches(frame.left), Inches(frame.top), Inches(frame.width), Inches(frame.height))
    shape = page.slide.shapes.add_chart(kind, *place, data)
    described = shape._element.find(f".//{qn('p:cNvPr')}")
    described.set("descr", plain(alt))
    chart = shape.chart
    chart.has_title = chart.has_legend = False
    chart.font.size = Pt(TICK_POINTS)
    chart.font.color.rgb = rgb(page.theme.ink)
    _tidy(chart)
    _lay_out(chart, frame, plot)
    return chart


def rows_axis(axis: Any, page: Page, points: float = LABEL_POINTS) -> None:
    """The axis of names: the first one at the top, no lines."""
    axis.reverse_order = True
    axis.major_tick_mark = XL_TICK_MARK.NONE
    axis.tick_labels.font.size = Pt(points)
    axis.format.line.color.rgb = rgb(page.theme.muted)


@dataclass(frozen=True)
class Axis:
    """What an axis shows: from `low` to `high`, a faint line every `step`, which is a factor on a
    logarithmic one, and the format of its numbers."""

    low: float
    high: float
    step: float
    format: str
    log: bool = False


def values_axis(axis: Any, page: Page, scale: Axis, rows: bool = False) -> None:
    """An axis of values. With `rows` the other one is of names, of which the last is below."""
    axis.minimum_scale, axis.maximum_scale = scale.low, scale.high
    axis.major_unit = scale.step
    axis.crosses = XL_AXIS_CROSSES.MINIMUM  # bars begin at the edge: there is no 0 on a log scale
    axis._element.find(qn("c:crosses")).set("val", "max" if rows else "min")
    axis.major_tick_mark = XL_TICK_MARK.NONE
    axis.has_major_gridlines = True
    axis.major_gridlines.format.line.color.rgb = rgb(page.theme.line)
    axis.major_gridlines.format.line.width = Pt(0.75)
    axis.format.line.fill.background()
    axis.tick_labels.number_format = scale.format
    axis.tick_labels.number_format_is_linked = False
    axis.tick_labels.font.color.rgb = rgb(page.theme.muted)
    axis.tick_labels.font.size = Pt(TICK_POINTS)
    axis._element.find(f".//{qn('a:bodyPr')}").set("rot", "0")
    if scale.log:
        base = OxmlElement("c:logBase")
        base.set("val", "10")
        axis._element.find(qn("c:scaling")).insert(0, base)


def no_names(axis: Any) -> None:
    """An axis whose names stand beside the chart."""
    axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE


def _tidy(chart: Any) -> None:
    """No frame, no round corners, no ground of its own, and as the schema wants it."""
    space = chart._chartSpace
    old = space.find(qn("c:roundedCorners"))
    if old is not None:
        space.remove(old)
    corners = OxmlElement("c:roundedCorners")
    corners.set("val", "0")
    dated = space.find(qn("c:date1904"))
    space.insert(0 if dated is None else space.index(dated) + 1, corners)
    for tag in ("c:axId", "c:crossAx"):
        for number in space.iter(qn(tag)):
            number.set("val", number.get("val").lstrip("-"))  # the schema has none below 0
    clear = parse_xml(f"<c:spPr {nsdecls('c', 'a')}><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>")
    space.find(qn("c:chart")).addnext(clear)


def _lay_out(chart: Any, frame: Box, plot: Box) -> None:
    """Where the axes stand, as shares of the frame."""
    area = chart._chartSpace.find(f".//{qn('c:plotArea')}")
    for old in area.findall(qn("c:layout")):
        area.remove(old)
    area.insert(0, _layout(frame, plot))


def _layout(frame: Box, plot: Box) -> Any:
    shares = {
        "x": (plot.left - frame.left) / frame.width,
        "y": (plot.top - frame.top) / frame.height,
        "w": plot.width / frame.width,
        "h": plot.height / frame.height,
    }
    placed = "".join(f'<c:{name} val="{share:.6f}"/>' for name, share in shares.items())
    return parse_xml(
        f'<c:layout {nsdecls("c")}><c:manualLayout><c:layoutTarget val="inner"/>'
        f'<c:xMode val="edge"/><c:yMode val="edge"/>{placed}</c:manualLayout></c:layout>'
    )
