"""The palette's colours as python-pptx has them, and what it leaves of them to the XML."""

from __future__ import annotations

from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Pt

PALE, FAINT = "22000", "50000"  # how much of a colour is left, in thousandths of a per cent


def rgb(colour: str) -> Any:
    """A colour of the palette, `#rrggbb`."""
    made: Any = RGBColor
    return made.from_string(colour[1:])


def fill(shape: Any, colour: str) -> None:
    """What fills a shape or bar. It has no edge, which would show a part of nothing as a line."""
    shape.fill.solid()
    shape.fill.fore_color.rgb = rgb(colour)
    shape.line.fill.background()


def edged(shape: Any, colour: str, pale: bool = False) -> None:
    """The same with an edge of the colour. A `pale` one has hardly any fill, and a dashed edge."""
    fill(shape, colour)
    stroke(shape, colour, 1.25)
    if pale:
        _thin(shape.fill, PALE)
        shape.line.dash_style = MSO_LINE.DASH


def clear(shape: Any) -> None:
    """Makes a bar invisible, which is there for its label."""
    shape.fill.background()
    shape.line.fill.background()


def stroke(shape: Any, colour: str, points: float, alpha: str | None = None) -> None:
    """The colour and the width of a line."""
    shape.line.color.rgb = rgb(colour)
    shape.line.width = Pt(points)
    if alpha:
        _thin(shape.line.fill, alpha)


def be_flat(shape: Any) -> None:
    """Takes away the template's style, which throws a shadow."""
    style = shape._element.find(qn("p:style"))
    if style is not None:
        shape._element.remove(style)


def _thin(paint: Any, alpha: str) -> None:
    made = OxmlElement("a:alpha")
    made.set("val", alpha)
    paint._xPr.find(f".//{qn('a:srgbClr')}").append(made)
