"""What a chart's series look like: marks, labels, error bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from pptx.enum.chart import XL_MARKER_STYLE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from reports.deck.native import VALUE_POINTS
from reports.deck.page import Page
from reports.deck.paint import rgb

LINES = (XL_MARKER_STYLE.STAR, XL_MARKER_STYLE.PLUS, XL_MARKER_STYLE.X)
ENDS = ("minus", "plus")
SHOWN = ("LegendKey", "Val", "CatName", "SerName", "Percent", "BubbleSize")


def marker(format_: Any, form: XL_MARKER_STYLE, points: int, colour: str) -> None:
    """The mark of a series' points, or of one of them; some forms are lines alone."""
    format_.style, format_.size = form, points
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


def whiskers(series: Any, reach: Sequence[tuple[float, float]], colour: str) -> None:
    """Error bars, each point's own: how far they reach below and above it."""
    first = next(node for node in series._element if node.tag in (qn("c:cat"), qn("c:xVal")))
    # Bars have one direction alone, and programs do not name it there.
    direction = '<c:errDir val="y"/>' if first.tag == qn("c:xVal") else ""
    below, above = (_literal(name, [one[n] for one in reach]) for n, name in enumerate(ENDS))
    made = parse_xml(
        f'<c:errBars {nsdecls("c", "a")}>{direction}<c:errBarType val="both"/>'
        f'<c:errValType val="cust"/><c:noEndCap val="0"/>{above}{below}<c:spPr><a:ln w="15875">'
        f'<a:solidFill><a:srgbClr val="{colour[1:]}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    )
    first.addprevious(made)


def _literal(name: str, values: Sequence[float]) -> str:
    points = "".join(f'<c:pt idx="{n}"><c:v>{v!r}</c:v></c:pt>' for n, v in enumerate(values))
    count = f'<c:formatCode>General</c:formatCode><c:ptCount val="{len(values)}"/>'
    return f"<c:{name}><c:numLit>{count}{points}</c:numLit></c:{name}>"
