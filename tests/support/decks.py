"""A deck as it is when it is opened again: its texts, its charts, the places of its shapes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pptx import Presentation

from bench.derive.metrics import figures
from bench.model.records import Result
from reports.deck.deck import deck
from reports.digest import digest
from reports.draw.slide import Words, body_height
from reports.draw.slide_text import LINE, count_lines
from reports.figures.all import names
from reports.palette import LIGHT, Theme

EMU = 914_400
MONO = 0.6  # a letter's width in the command's font, in sizes of letters
LABEL = ("idx", "numFmt", "dLblPos")


def opened(result: Result, theme: Theme = LIGHT, *names: str) -> Any:
    """The deck of a result, written and opened again."""
    return Presentation(io.BytesIO(deck(digest(result, figures(result)), theme, names)))


@dataclass(frozen=True)
class Placed:
    """A shape's name and text, and its edges in inches."""

    name: str
    text: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Placed) -> bool:
        """Whether both have more than a hair in common."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 0.01 and down > 0.01


def placed(shape: Any) -> Placed:
    left, top, wide, high = (
        length / EMU for length in (shape.left, shape.top, shape.width, shape.height)
    )
    words = shape.text_frame.text if shape.has_text_frame else ""
    return Placed(shape.name, words, left, top, left + wide, top + high)


def title(slide: Any) -> str:
    """The title, its unbreakable spaces common ones."""
    return plainly(slide.shapes.title.text_frame.text)


def plainly(words: str) -> str:
    return words.replace("\u00a0", " ")


def notes(slide: Any) -> str:
    return str(slide.notes_slide.notes_text_frame.text)


def texts(slide: Any) -> str:
    """All words on a slide and in its notes."""
    shown = [placed(shape).text for shape in slide.shapes]
    return plainly("\n".join([*shown, notes(slide)]))


def charts(slide: Any) -> list[Any]:
    return [shape.chart for shape in slide.shapes if shape.has_chart]


def values(chart: Any) -> dict[str, list[float | None]]:
    """Each series of a chart by its name."""
    return {series.name: list(series.values) for series in chart.plots[0].series}


def points(chart: Any) -> dict[str, list[tuple[float, float]]]:
    """Each series of points by its name."""
    return {
        series.name: list(zip(_numbers(series, "c:xVal"), series.values, strict=True))
        for series in chart.plots[0].series
    }


def labels(chart: Any, series: str) -> dict[int, tuple[str, str]]:
    """The format and the position of each label of a series, by its point."""
    (found,) = [one for one in chart.plots[0].series if one.name == series]
    said = {}
    for label in found._element.xpath("./c:dLbls/c:dLbl[not(c:delete)]"):
        number, form, place = (label.find(f"{{{label.nsmap['c']}}}{tag}") for tag in LABEL)
        said[int(number.get("val"))] = (plainly(form.get("formatCode")), place.get("val"))
    return said


def _numbers(series: Any, tag: str) -> list[float]:
    return [float(one) for one in series._element.xpath(f"./{tag}//c:v/text()")]


def parts(made: Any) -> Iterator[Any]:
    """Every part of a package."""
    yield from made.part.package.iter_parts()


def slide_of(made: Any, name: str) -> Any:
    """The slide of a figure."""
    return list(made.slides)[1 + names().index(name)]


def height(shape: Any, wide: float) -> float:
    """Of a shape's text at most, in inches."""
    runs = [run for paragraph in shape.text_frame.paragraphs for run in paragraph.runs]
    if shape.is_placeholder and shape.placeholder_format.idx == 1:
        said = [Words(run.text, run.font.size.pt, bold=bool(run.font.bold)) for run in runs]
        return sum(map(body_height, said))
    return sum(_lines(run, wide) * float(run.font.size.pt) * LINE / 72 for run in runs)


def _lines(run: Any, wide: float) -> int:
    if run.font.name is None:
        return count_lines(run.text, wide, run.font.size.pt)
    return 1 + int(len(run.text) * MONO * run.font.size.pt / 72 / wide)  # all letters alike
