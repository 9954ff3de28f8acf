"""The page that every picture is drawn on: its text, its frame, and the few things drawn on it.

Everything is placed in points from the lower left corner, and text is measured before it is drawn,
so that nothing overlaps and nothing is cut. matplotlib renders; its axes are not used, since what
they lay out by themselves they also let overlap.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reports import palette
from reports.draw import as_shipped
from reports.draw.scale import longest
from reports.figures.chart import Chart
from reports.figures.shapes import Key
from reports.palette import Mark, Theme
from reports.wording.escape import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.ft2font import FT2Font

ShapeName = Literal["wide", "square"]
Align = Literal["left", "center", "right"]

DPI = 150
MOST_ROWS = 12  # more would be too small to read
MARKERS: dict[Mark, str] = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle": "^",
    "star": "*",
    "plus": "P",
    "x": "X",
    "dash": "_",
}
NOTE_LINES = 4  # that hold every reason for a mark, which is never cut
FAMILY = "DejaVu Sans"  # ships with matplotlib: every machine draws the same figure
MISSING = "□"
UNIT = re.compile(r"(?<=\d) (?=(?:[KMGT]i)?B\b|[nµm]?s\b|%|[mbtr]+illion\b)")


@dataclass(frozen=True)
class Shape:
    """A page: its sides in points (at 150 dots to the inch 1920 by 1080 or 1080 by 1080), its
    margin, its sizes of letters, and how many lines title, notes and caption may take."""

    name: ShapeName
    width: float
    height: float
    margin: float
    title: float
    body: float
    note: float
    caption: float
    lines: tuple[int, int, int]


WIDE = Shape("wide", 921.6, 518.4, 26, 26, 17, 13, 10.5, (2, 2, 2))
SQUARE = Shape("square", 518.4, 518.4, 18, 20, 13.5, 11, 8.5, (3, 3, 3))
SHAPES: dict[ShapeName, Shape] = {shape.name: shape for shape in (WIDE, SQUARE)}


class Canvas:
    """One figure in the making. `left`, `right`, `top` and `bottom` bound what is still free."""

    def __init__(self, theme: Theme, shape: Shape) -> None:
        as_shipped()
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self.theme = theme
        self.shape = shape
        size = (shape.width / 72, shape.height / 72)
        self.figure: Figure = Figure(size, dpi=DPI, facecolor=theme.ground)
        self._points = Affine2D().scale(1 / 72) + self.figure.dpi_scale_trans
        self.left, self.right = shape.margin, shape.width - shape.margin
        self.bottom, self.top = 0.7 * shape.margin, shape.height - 0.8 * shape.margin

    # The frame

    def frame(self, chart: Chart) -> None:
        """Title above; below, from the foot up, the caption, what is missing, and why values are
        marked."""
        shape, title = self.shape, drawable(chart.title)
        room, most = self.right - self.left, shape.lines[0]
        sizes = [shape.title * share for share in (1, 0.92, 0.84, 0.76)]  # before a cut
        whole = (s for s in sizes if len(wrapped(title, room, most + 1, s, bold=True)) <= most)
        size = next(whole, sizes[-1])
        for line in balanced(title, room, most, size):
            self.top -= size
            self.text(self.left, self.top, line, size, bold=True, middle=False)
            self.top -= 0.25 * size
        captions = wrapped(drawable(chart.caption), room, shape.lines[2], shape.caption)
        self._foot(captions, shape.caption)
        more = chart.rows - MOST_ROWS
        left_out = f"{more} more runtimes are in the table alone. " if more > 0 else ""
        under = ((f"{left_out}{chart.lacks}", shape.lines[1]), (chart.note, NOTE_LINES))
        for notes, most in under:
            if lines := wrapped(drawable(notes), room, most, shape.note):
                self.bottom += 0.4 * shape.note
                self._foot(lines, shape.note)
        self.bottom += 0.5 * shape.note
        self.top -= 0.4 * shape.note

    def _foot(self, lines: Sequence[str], size: float) -> None:
        for line in reversed(lines):
            self.text(
                self.left, self.bottom + 0.3 * size, line, size, self.theme.muted, middle=False
            )
            self.bottom += 1.35 * size

    def legend(self, keys: Sequence[Key]) -> None:
        """The keys in as many lines as they need, below the title."""
        size = self.shape.note
        x = self.left
        self.top -= 1.1 * size
        for key in keys:
            words = drawable(key.words)
            symbol = 0.0 if key.form == "none" else 1.6 * size
            wide = symbol + width(words, size)
            if x > self.left and x + wide > self.right:
                x = self.left
                self.top -= 1.5 * size
            self._key(key, x)
            self.text(x + symbol, self.top, words, size)
            x += wide + 1.4 * size
        self.top -= 1.2 * size

    def _key(self, key: Key, x: float) -> None:
        size, colour = self.shape.note, palette.role(key.colour, self.theme)
        if key.form == "upright":
            ys = [self.top - 0.6 * size, self.top + 0.6 * size]
            self.line([x + 0.8 * size] * 2, ys, 2.5, colour)
        elif key.form == "line":
            self.line([x, x + 1.2 * size], [self.top] * 2, 2.5, colour)
        elif key.form == "box" or key.form == "pale":
            self.box(x, self.top - 0.45 * size, 1.2 * size, 0.9 * size, colour, key.form)
        elif key.form != "none":
            self.marks([x + 0.6 * size], [self.top], key.form, colour, 0.7 * size)

    def nothing(self) -> None:
        """In place of a plot that would be empty."""
        x, y = (self.left + self.right) / 2, (self.top + self.bottom) / 2
        words = "There is nothing to draw."
        self.text(x, y, words, self.shape.body, self.theme.muted, align="center")

    # What is drawn

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        colour: str | None = None,
        *,
        bold: bool = False,
        align: Align = "left",
        middle: bool = True,
    ) -> None:
        """Words at a place: their middle at `y`, or else their base line."""
        from matplotlib.text import Text

        if words:
            self._add(
                Text(
                    x,
                    y,
                    words,
                    family=FAMILY,
                    fontsize=size,
                    color=colour or self.theme.ink,
                    weight="bold" if bold else "normal",
                    ha=align,
                    va="center_baseline" if middle else "baseline",
                    parse_math=False,
                )
            )

    def plate(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        colour: str | None = None,
        *,
        bold: bool = False,
    ) -> None:
        """Words at a place on a plate of the ground's colour, which keeps the grid out of them."""
        wide = width(words, size, bold)
        if words:
            self.box(x - 2, y - 0.65 * size, wide + 4, 1.3 * size, self.theme.ground)
        self.text(x, y, words, size, colour, bold=bold)

    def box(
        self, x: float, y: float, wide: float, high: float, colour: str, form: str = "box"
    ) -> None:
        """A filled box; a `pale` one is hardly filled, and has a dashed edge."""
        from matplotlib.patches import Rectangle

        pale = form == "pale"
        style: dict[str, Any] = (
            {"facecolor": (colour, 0.22), "edgecolor": colour, "linestyle": (0, (3, 2))}
            if pale
            else {"facecolor": colour, "edgecolor": self.theme.ground}
        )
        self._add(Rectangle((x, y), wide, high, linewidth=1.2 if pale else 0.8, **style))

    def line(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        thickness: float,
        colour: str | None = None,
        *,
        faint: bool = False,
    ) -> None:
        from matplotlib.lines import Line2D

        self._add(
            Line2D(
                xs,
                ys,
                linewidth=thickness,
                color=colour or self.theme.ink,
                alpha=0.45 if faint else None,
                solid_capstyle="butt",
            )
        )

    def marks(
        self, xs: Sequence[float], ys: Sequence[float], form: Mark, colour: str, size: float
    ) -> None:
        """The same mark at each of the places."""
        from matplotlib.lines import Line2D

        thick = size / 3 if form == "dash" else 0.7
        edge = colour if form == "dash" else self.theme.ground
        self._add(
            Line2D(
                xs,
                ys,
                linestyle="none",
                marker=MARKERS[form],
                markersize=size * (1.35 if form == "star" else 1),
                markerfacecolor=colour,
                markeredgecolor=edge,
                markeredgewidth=thick,
            )
        )

    def interval(self, low: float, high: float, y: float) -> None:
        """From `low` to `high`, with an end at each."""
        self.line([low, high], [y, y], 1.3)
        for x in (low, high):
            self.line([x, x], [y - 4, y + 4], 1.3)

    def label(self, x: float, y: float, runtime: str, words: str, most: float, size: float) -> None:
        """A runtime's name and its mark, which ends at `x`."""
        said = fitted(drawable(words), most - 1.3 * size, size)
        self.text(x - 1.05 * size, y, said, size, align="right")
        own = palette.colour(runtime, self.theme)
        self.marks([x - 0.4 * size], [y], palette.mark(runtime), own, 0.62 * size)

    def _add(self, artist: Any) -> None:
        """What is drawn later covers what was drawn before."""
        artist.set_transform(self._points)
        artist.set_zorder(len(self.figure.artists))
        self.figure.add_artist(artist)


# Text


def drawable(text: str) -> str:
    """The text on one line, a box in place of each letter that the font does not have."""
    known = _letters()
    return "".join(letter if ord(letter) in known else MISSING for letter in plain(text))


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide the text is, in points, at `size` points."""
    return _width(text, bold) * size


@functools.lru_cache(maxsize=4096)
def _width(text: str, bold: bool) -> float:
    """At one point: outlines are scaled, so a text is measured once for all sizes."""
    as_shipped()
    from matplotlib.textpath import text_to_path

    measured = text_to_path.get_text_width_height_descent(text, _font(bold), False)
    return float(measured[0])


def fitted(text: str, most: float, size: float, bold: bool = False) -> str:
    """The text cut with an ellipsis to `most` points; nothing where not even that fits."""
    if width(text, size, bold) <= most:
        return text
    return longest(text, lambda beginning: width(beginning, size, bold) <= most)


def wrapped(text: str, most: float, lines: int, size: float, bold: bool = False) -> tuple[str, ...]:
    """The text in at most `lines` lines of at most `most` points each, the last one cut where it is
    too long. A number and its unit stay together."""
    done: list[str] = []
    words = [word.replace("\0", " ") for word in UNIT.sub("\0", text).split()]
    while words and len(done) < lines - 1:
        taken = 1
        while taken < len(words) and width(" ".join(words[: taken + 1]), size, bold) <= most:
            taken += 1
        done.append(fitted(" ".join(words[:taken]), most, size, bold))
        words = words[taken:]
    rest = [fitted(" ".join(words), most, size, bold)] if words else []
    return (*done, *rest)


def balanced(text: str, most: float, lines: int, size: float) -> tuple[str, ...]:
    """Bold words in as few lines as `wrapped` needs, none much shorter than the others."""
    widest = wrapped(text, most, lines, size, bold=True)
    for share in (0.5, 0.6, 0.7, 0.8, 0.9):
        narrower = wrapped(text, share * most, lines + 1, size, bold=True)
        if len(narrower) == len(widest) and " ".join(narrower) == " ".join(text.split()):
            return narrower
    return widest


@functools.cache
def _letters() -> frozenset[int]:
    as_shipped()
    from matplotlib.font_manager import findfont, get_font

    font: FT2Font = get_font(findfont(_font(False)))
    return frozenset(font.get_charmap())


@functools.cache
def _font(bold: bool) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=FAMILY, size=1, weight="bold" if bold else "normal")
