"""Native charts: their data, numbers and looks, and what python-pptx leaves of them to the XML.

Every chart's plot is laid out by hand, so that what stands beside it on the slide meets its rows in
every program that shows it. The order of elements is the schema's (ECMA-376, part 1, 21.2), which
PowerPoint insists on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from xml.sax.saxutils import quoteattr

from pptx.chart.data import CategoryChartData, XyChartData
from pptx.chart.xlsx import CategoryWorkbookWriter, XyWorkbookWriter
from pptx.enum.chart import (
    XL_AXIS_CROSSES,
    XL_CHART_TYPE,
    XL_MARKER_STYLE,
    XL_TICK_MARK,
)
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Inches, Pt

from bench.derive.doubts import MARK
from reports.draw import slide_text as text
from reports.draw.scale import DAY, factor_of, step_of, unit_of
from reports.draw.slide import Box, Page, Words, rgb
from reports.figures.shapes import Axis
from reports.palette import Mark
from reports.wording.escape import plain

LABEL_POINTS, VALUE_POINTS, TICK_POINTS = 16, 14, 12
TICK = 1.0  # inches that a number of a scale takes
AXIS, AXIS_WORDS = 0.4, 0.27  # below a plot, for its numbers and what they measure
NUMBERS = 1.15  # right of a plot, for the labels at the ends of its bars
LONG_AGO = datetime(2000, 1, 1)  # a workbook's date: the same result gives the same bytes
EPOCH = 25_569  # the first day of 1970, as spreadsheets count days

# Data. Names come from a result: in the workbook inside a chart, which an office program shows for
# editing, one that begins with an equals sign is no formula, and one like an address no link.


def by_category(
    categories: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    number_format: str = "General",
) -> Any:
    """Chart data with a value, or none, for each category in each series."""
    maker: Any = _Categories
    made = maker(number_format=number_format)
    made.categories = categories
    for name, values in series.items():
        made.add_series(name, values)
    return made


def by_point(series: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> Any:
    """Chart data with points in each series."""
    maker: Any = _Points
    made = maker(number_format="General")
    for name, points in series:
        one = made.add_series(name)
        for x, y in points:
            one.add_data_point(x, y)
    return made


class _TextOnly:
    """A workbook's writer that takes names as text."""

    @contextmanager
    def _open_worksheet(self, xlsx_file: IO[bytes]) -> Iterator[tuple[Any, Any]]:
        with super()._open_worksheet(xlsx_file) as (workbook, worksheet):  # type: ignore[misc]
            worksheet.strings_to_formulas = worksheet.strings_to_urls = False
            workbook.set_properties({"created": LONG_AGO})
            yield workbook, worksheet


class _CategoryWriter(_TextOnly, CategoryWorkbookWriter):
    pass


class _PointWriter(_TextOnly, XyWorkbookWriter):
    pass


class _Categories(CategoryChartData):
    _workbook_writer = property(_CategoryWriter)


class _Points(XyChartData):
    _workbook_writer = property(_PointWriter)


# Numbers: formats that say what `reports.wording.units` says, so that a label changes with its
# value. A format has two conditions and no more, so each label has one that suits its own value.

LARGE = ((1e12, ",,,,", "trillion"), (1e9, ",,,", "billion"), (1e6, ",,", "million"))
# A little less than round: what a program works out as the next power of ten may be.
COUNTS = '[>=999999999]#,##0,,,"\u00a0billion";[>=999999]0,,"\u00a0million";#,##0'
MICROSECONDS = '[>=999999]0,,"\u00a0s";[>=999]0,"\u00a0ms";General"\u00a0µs"'
SHARE = "0\u00a0%"
ROUGH = f'"≈\u00a0"{SHARE}'
SECOND, MICROSECOND = ("s", 1.0), ("µs", 1e-6)


@dataclass(frozen=True)
class Span:
    """An axis of a native chart: from `low` to `high`, in its `unit`, which is `factor` of the
    values' own; a faint line every `step`, which is a factor on a logarithmic one."""

    axis: Axis
    low: float
    high: float
    step: float
    unit: str
    factor: float

    def of(self, value: float) -> float:
        """A value in the unit of the axis."""
        return value / self.factor + (EPOCH if self.axis.dimension == "time" else 0)

    def known(self, value: float | None) -> float | None:
        """The same, unknown where it is; 0 has no place on a logarithmic scale."""
        return None if value is None or (self.axis.log and value <= 0) else self.of(value)

    @property
    def ticks(self) -> str:
        """The format of the axis's numbers. The lowest of a logarithmic one is left out where units
        stand beside it: it would meet the other scale's."""
        if self.axis.dimension == "time":
            return "yyyy-mm-dd"
        if self.axis.dimension == "share":
            return SHARE
        if self.unit == "µs" and self.axis.log:
            return MICROSECONDS
        if not self.unit:
            return COUNTS
        if not self.axis.log:
            places = max(0, -math.floor(math.log10(self.step)))
            return f'#,##0{"." if places else ""}{"0" * places}"\u00a0{self.unit}"'
        whole, part = f'#,##0"\u00a0{self.unit}"', f'General"\u00a0{self.unit}"'
        above = f"{2 * self.low:.12f}".rstrip("0").rstrip(".")
        if self.low >= 1:
            return f'[>{above}]{whole};""'
        return f'[>=1]{whole};[>{above}]{part};""'

    def label(self, value: float, doubt: str | None) -> str:
        """The format of the label of a value: `34.9 KiB`, `8.87 million`, `23,403`, with the mark
        behind it where it is doubted."""
        return with_mark(self._label(self.of(value)), doubt)

    def _label(self, value: float) -> str:
        if self.unit:
            return f'"\u00a0"{digits(value)}"\u00a0{self.unit}"'
        for factor, commas, word in LARGE:
            if value >= 0.9995 * factor:
                return f'{digits(value, factor)}{commas}"\u00a0{word}"'
        per = '"/s"' if self.axis.dimension == "rate" else ""
        return f"{'#,##0' if value == int(value) else digits(value)}{per}"


def digits(value: float, scale: float = 1.0) -> str:
    """The format of a number of `scale` so that it has three significant digits, as in
    `reports.wording.units`: `0.00`, `0.0`, `#,##0`."""
    near = float(f"{value / scale:.3g}")
    places = max(0, 2 - math.floor(math.log10(near))) if near > 0 else 0
    return f"#,##0{'.' if places else ''}{'0' * min(places, 3)}"


def with_mark(format_: str, doubt: str | None) -> str:
    """The format of a label, with the mark behind the value where that is doubted."""
    if doubt is None:
        return format_
    # One literal: programs differ on what two of them side by side are.
    return f'{format_[:-1]}{MARK}"' if format_.endswith('"') else f'{format_}"{MARK}"'


def span(axis: Axis, low: float, high: float, room: float = 6.0) -> Span:
    """The axis between two values, with lines so that their numbers fit into `room` inches."""
    if axis.dimension == "time":
        days = max(1.0, (high - low) / DAY)
        first, last = (value / DAY + EPOCH for value in (low, high))
        return Span(axis, first, last, math.ceil(days / 6), "", DAY)
    if axis.log:
        unit, factor = MICROSECOND if axis.dimension == "seconds" else ("", 1.0)
        if axis.dimension == "bytes":
            unit, factor = unit_of(high / 10, axis.dimension)
        step = factor_of(low, high, min(6.0, room / TICK))
    else:
        unit, factor = unit_of(high, axis.dimension)
        step = 0.25 if axis.dimension == "share" else step_of(high / factor, 5 if room > 4 else 2)
    return Span(axis, low / factor, high / factor, step, unit, factor)


# Charts


def add(page: Page, kind: XL_CHART_TYPE, data: Any, frame: Box, plot: Box, alt: str) -> Any:
    """A chart in `frame` whose axes bound `plot`. `alt` is read where it is not seen."""
    place = (Inches(frame.left), Inches(frame.top), Inches(frame.width), Inches(frame.height))
    shape = page.slide.shapes.add_chart(kind, *place, data)
    shape._element.find(f".//{qn('p:cNvPr')}").set("descr", plain(alt))
    chart = shape.chart
    chart.has_title = chart.has_legend = False
    chart.font.size = Pt(TICK_POINTS)
    chart.font.color.rgb = rgb(page.theme.ink)
    _tidy(chart)
    area = chart._chartSpace.find(f".//{qn('c:plotArea')}")
    for old in area.findall(qn("c:layout")):
        area.remove(old)
    shares = {  # where the axes stand, of the frame
        "x": (plot.left - frame.left) / frame.width,
        "y": (plot.top - frame.top) / frame.height,
        "w": plot.width / frame.width,
        "h": plot.height / frame.height,
    }
    placed = "".join(f'<c:{name} val="{share:.6f}"/>' for name, share in shares.items())
    layout = (
        f'<c:layout {nsdecls("c")}><c:manualLayout><c:layoutTarget val="inner"/>'
        f'<c:xMode val="edge"/><c:yMode val="edge"/>{placed}</c:manualLayout></c:layout>'
    )
    area.insert(0, parse_xml(layout))
    return chart


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


def names_axis(axis: Any, page: Page, points: float) -> None:
    """The axis of names: the first one at the top, no lines."""
    axis.reverse_order = True
    axis.major_tick_mark = XL_TICK_MARK.NONE
    axis.format.line.color.rgb = rgb(page.theme.muted)
    axis.tick_labels.font.size = Pt(points)
    every = OxmlElement("c:tickLblSkip")  # no name is left out, however close they are
    every.set("val", "1")
    axis._element.find(qn("c:noMultiLvlLbl")).addprevious(every)


def values_axis(axis: Any, page: Page, scale: Span, rows: bool = False) -> None:
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
    axis.tick_labels.number_format = scale.ticks
    axis.tick_labels.number_format_is_linked = False
    axis.tick_labels.font.color.rgb = rgb(page.theme.muted)
    axis.tick_labels.font.size = Pt(TICK_POINTS)
    axis._element.find(f".//{qn('a:bodyPr')}").set("rot", "0")
    if scale.axis.log:
        base = OxmlElement("c:logBase")
        base.set("val", "10")
        axis._element.find(qn("c:scaling")).insert(0, base)


def axis_words(page: Page, plot: Box, words: str) -> None:
    """What a scale measures, below its numbers."""
    if words:
        points = TICK_POINTS
        said = text.cut(words, plot.width + NUMBERS, points)
        box = Box(plot.left, plot.bottom + AXIS, text.width(said, points) + 0.05, AXIS_WORDS)
        page.text(box, [Words(said, points, muted=True)])


# Series

MARKERS: dict[Mark, XL_MARKER_STYLE] = {
    "circle": XL_MARKER_STYLE.CIRCLE,
    "square": XL_MARKER_STYLE.SQUARE,
    "diamond": XL_MARKER_STYLE.DIAMOND,
    "triangle": XL_MARKER_STYLE.TRIANGLE,
    "star": XL_MARKER_STYLE.STAR,
    "plus": XL_MARKER_STYLE.PLUS,
    "x": XL_MARKER_STYLE.X,
    "dash": XL_MARKER_STYLE.DASH,
}
LINES = ("star", "plus", "x")  # marks that are lines alone
SHOWN = ("LegendKey", "Val", "CatName", "SerName", "Percent", "BubbleSize")


def marker(format_: Any, form: Mark, points: int, colour: str) -> None:
    """The mark of a series' points, or of one of them."""
    format_.style, format_.size = MARKERS[form], points
    format_.format.fill.solid()
    format_.format.fill.fore_color.rgb = rgb(colour)
    format_.format.line.color.rgb = rgb(colour)
    format_.format.line.width = Pt(2 if form in LINES else 0.75)


@dataclass(frozen=True)
class Label:
    """A point's label: its value in a format, at a position of the schema's (`outEnd`, `inBase`,
    `inEnd`, `ctr`), in a colour or the ink."""

    format: str
    position: str = "outEnd"
    colour: str | None = None


def labels(series: Any, said: Mapping[int, Label], page: Page) -> None:
    """Labels at some of the points. They say what the data say: whoever changes the data changes
    the label."""
    made = []
    for number in range(len(list(series.points))):
        one = said.get(number)
        inside = _label(one, page) if one else '<c:delete val="1"/>'
        made.append(f'<c:dLbl><c:idx val="{number}"/>{inside}</c:dLbl>')
    others = "".join(f'<c:show{what} val="0"/>' for what in SHOWN)
    element = parse_xml(f"<c:dLbls {nsdecls('c', 'a')}>{''.join(made)}{others}</c:dLbls>")
    old = series._element.get_or_add_dLbls()
    old.getparent().replace(old, element)


def _label(label: Label, page: Page) -> str:
    colour = (label.colour or page.theme.ink)[1:]
    return (
        f'<c:numFmt formatCode={quoteattr(label.format)} sourceLinked="0"/>'
        "<c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>"
        '<c:txPr><a:bodyPr wrap="none"/><a:lstStyle/><a:p><a:pPr>'
        f'<a:defRPr sz="{100 * VALUE_POINTS}" b="1"><a:solidFill><a:srgbClr val="{colour}"/>'
        '</a:solidFill></a:defRPr></a:pPr><a:endParaRPr lang="en-GB"/></a:p></c:txPr>'
        f'<c:dLblPos val="{label.position}"/>'
        + "".join(f'<c:show{what} val="{int(what == "Val")}"/>' for what in SHOWN)
    )


def whiskers(series: Any, ends: Sequence[tuple[float, float]], colour: str) -> None:
    """Error bars, each point's own: how far they reach below and above it."""
    first = next(node for node in series._element if node.tag in (qn("c:cat"), qn("c:xVal")))
    # Bars have one direction alone, and programs do not name it there.
    direction = '<c:errDir val="y"/>' if first.tag == qn("c:xVal") else ""
    below, above = (_literal(side, [one[n] for one in ends]) for n, side in enumerate(SIDES))
    made = parse_xml(
        f'<c:errBars {nsdecls("c", "a")}>{direction}<c:errBarType val="both"/>'
        f'<c:errValType val="cust"/><c:noEndCap val="0"/>{above}{below}<c:spPr><a:ln w="15875">'
        f'<a:solidFill><a:srgbClr val="{colour[1:]}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    )
    first.addprevious(made)


SIDES = ("minus", "plus")


def _literal(name: str, values: Sequence[float]) -> str:
    points = "".join(f'<c:pt idx="{n}"><c:v>{v!r}</c:v></c:pt>' for n, v in enumerate(values))
    count = f'<c:formatCode>General</c:formatCode><c:ptCount val="{len(values)}"/>'
    return f"<c:{name}><c:numLit>{count}{points}</c:numLit></c:{name}>"


def reach(
    span_: Span, value: float | None, low: float | None, high: float | None
) -> tuple[float, float]:
    """How far an interval reaches below and above its value, in the unit of the axis."""
    if value is None or low is None or high is None:
        return 0.0, 0.0
    return (value - low) / span_.factor, (high - value) / span_.factor
