"""One slide in the making: what stands on every figure's slide, and the few things placed on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_LINE
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.presentation import Presentation as Deck
from pptx.util import Inches, Pt

from reports import palette
from reports.draw import slide_text as text
from reports.figures.chart import Chart
from reports.figures.shapes import Key
from reports.palette import Theme
from reports.wording.escape import plain

WIDTH, HEIGHT = 13 + 1 / 3, 7.5  # inches, as all that is placed here
MARGIN = 0.55
TITLE_TOP, TITLE_HEIGHT = 0.4, 1.05
BODY_TOP, BODY_HEIGHT = 1.45, 5.6
FOOT_TOP, FOOT_HEIGHT = 6.93, 0.37
COVER, BODY, FIGURE = "Title Slide", "Title and Content", "Title Only"
WIDE = WIDTH - 2 * MARGIN
TITLE_SIZES = (28, 26, 24, 22, 20)
NOTE_POINTS, SMALL_POINTS = 14, 11
NOTE_LINES = 2
ROWS_IN_NOTES = 40
MOST_ROWS = 10  # runtimes on a slide: more would be too small to read
LEGEND_ROW = 0.35  # inches
LIST_INDENT = 0.4
FORMS: dict[str, MSO_SHAPE] = {
    "circle": MSO_SHAPE.OVAL,
    "square": MSO_SHAPE.RECTANGLE,
    "diamond": MSO_SHAPE.DIAMOND,
    "triangle": MSO_SHAPE.ISOSCELES_TRIANGLE,
    "star": MSO_SHAPE.STAR_5_POINT,
    "plus": MSO_SHAPE.CROSS,
    "x": MSO_SHAPE.MATH_MULTIPLY,
    "dash": MSO_SHAPE.MATH_MINUS,
    "line": MSO_SHAPE.MATH_MINUS,
}


@dataclass(frozen=True)
class Box:
    """A part of a slide, in inches from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


@dataclass(frozen=True)
class Words:
    """A paragraph: its text, its size in points, whether it is read first or second, and a font
    that is not the deck's own."""

    text: str
    size: float
    bold: bool = False
    muted: bool = False
    font: str | None = None


Point = tuple[float, float]


class Page:
    """One slide."""

    def __init__(self, deck: Deck, layout: str, theme: Theme) -> None:
        found = deck.slide_layouts.get_by_name(layout)
        assert found is not None
        self.slide = deck.slides.add_slide(found)
        self.theme = theme

    def title(self, words: str, sizes: Sequence[float] = TITLE_SIZES) -> None:
        """The title, in smaller letters or cut where it is too long for its place."""
        shape: Any = self.slide.shapes.title
        fitted = text.fit(text.kept(words), _inches(shape.width), _inches(shape.height), sizes)
        shape.text_frame.text = fitted.text
        for run in shape.text_frame.paragraphs[0].runs:
            run.font.size = Pt(fitted.size)

    def body(self, paragraphs: Sequence[Words]) -> None:
        """The text of the slide's own place for it: bold ones are headings, muted ones notes, the
        others a list."""
        frame: Any = self.slide.placeholders[1].text_frame
        for number, words in enumerate(paragraphs):
            paragraph = frame.add_paragraph() if number else frame.paragraphs[0]
            _write(paragraph, words, self.theme)
            paragraph.space_before = Pt(_before(words))
            if words.bold or words.muted:
                properties = paragraph._p.get_or_add_pPr()
                properties.attrib.update({"marL": "0", "indent": "0"})
                properties.append(OxmlElement("a:buNone"))

    def figure(self, chart: Chart) -> Box:
        """A figure's slide but for the figure: its message above, what is missing and whence it is
        below, how it was measured in the notes. The box is what is left."""
        self.title(chart.title)
        bottom = FOOT_TOP - 0.1
        foot = Box(MARGIN, FOOT_TOP, WIDE, FOOT_HEIGHT)
        caption = text.fit(chart.caption, foot.width, foot.height, (SMALL_POINTS,))
        self.text(foot, [Words(caption.text, SMALL_POINTS, muted=True)])
        # Why values are marked is never cut.
        more = chart.rows - MOST_ROWS
        left_out = f"{more} more of the runtimes are not drawn." if more > 0 else ""
        said = " ".join(filter(None, (chart.note, left_out, chart.lacks)))
        if said:
            lines = NOTE_LINES + (1 if chart.note else 0)
            high = lines * NOTE_POINTS * text.LINE / 72 + 0.01
            fitted = text.fit(said, WIDE, high, (NOTE_POINTS,))
            bottom -= fitted.height + 0.05
            box = Box(MARGIN, bottom, WIDE, fitted.height)
            self.text(box, [Words(fitted.text, NOTE_POINTS, muted=True)])
        self.notes(_said_of(chart))
        top = TITLE_TOP + TITLE_HEIGHT + 0.1
        return Box(MARGIN, top, WIDE, bottom - 0.1 - top)

    def notes(self, paragraphs: Sequence[str]) -> None:
        """What the speaker sees."""
        frame: Any = self.slide.notes_slide.notes_text_frame
        frame.text = "\n".join(map(plain, paragraphs))

    def text(
        self, box: Box, lines: Sequence[Words], *, right: bool = False, middle: bool = False
    ) -> None:
        """Paragraphs in a box of their own; `middle` is from above to below."""
        shape = self.slide.shapes.add_textbox(*_emu(box))
        frame = shape.text_frame
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE if middle else MSO_ANCHOR.TOP
        for number, words in enumerate(lines):
            paragraph = frame.add_paragraph() if number else frame.paragraphs[0]
            paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
            _write(paragraph, words, self.theme)

    def nothing(self, free: Box) -> None:
        """Where there is nothing to draw; what is missing stands below."""
        self.text(free, [Words("Nothing to draw.", 24, muted=True)], middle=True)

    def line(
        self, start: Point, end: Point, points: float, name: str, colour: str | None = None
    ) -> None:
        """A straight line."""
        ends = (Inches(length) for length in (*start, *end))
        shape: Any = self.slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *ends)
        shape.name = name
        stroke(shape, colour or self.theme.ink, points)
        be_flat(shape)

    def mark(self, box: Box, runtime: str) -> None:
        """A runtime's mark in its colour."""
        colour = palette.colour(runtime, self.theme)
        self.shape(box, FORMS[palette.mark(runtime)], colour, f"mark of {plain(runtime)}")

    def shape(self, box: Box, form: MSO_SHAPE, colour: str, name: str, pale: bool = False) -> None:
        """A filled shape."""
        shape: Any = self.slide.shapes.add_shape(form, *_emu(box))
        shape.name = name
        be_flat(shape)
        (fill_pale if pale else fill)(shape, colour)

    def legend(self, box: Box, keys: Sequence[Key]) -> float:
        """What colours, marks and lines stand for, row after row, as far as there is room; where
        the rows end."""
        left, top, side = box.left, box.top, NOTE_POINTS / 72
        for key in keys:
            lead = 0.0 if key.form == "none" else side + 0.08
            long = text.width(key.words, NOTE_POINTS) + 0.05
            if left > box.left and left + lead + long > box.right:
                left, top = box.left, top + LEGEND_ROW
            if top + LEGEND_ROW > box.bottom + 0.01:
                return top
            self._key(key, Box(left, top + (LEGEND_ROW - side) / 2, side, side))
            words = [Words(key.words, NOTE_POINTS, muted=key.form == "none")]
            self.text(Box(left + lead, top, long, LEGEND_ROW), words, middle=True)
            left += lead + long + 0.15
        return top + (LEGEND_ROW if keys else 0.0)

    def _key(self, key: Key, place: Box) -> None:
        colour, name = palette.role(key.colour, self.theme), f"key: {key.words}"
        if key.form == "upright":
            x = place.left + place.width / 2
            self.line((x, place.top - 0.03), (x, place.bottom + 0.03), 3, name, colour)
        elif key.form != "none":
            form = FORMS.get(key.form, MSO_SHAPE.RECTANGLE)
            self.shape(place, form, colour, name, pale=key.form == "pale")


def body_height(words: Words) -> float:
    """How high a paragraph of a slide's own text is, with the space before it."""
    wide = WIDE if words.bold else WIDE - LIST_INDENT
    lines = text.count_lines(plain(words.text), wide, words.size)
    return (lines * words.size * text.LINE + _before(words)) / 72


def _before(words: Words) -> float:
    """The space before a paragraph, in points."""
    return 14 if words.bold else 5


def described(chart: Chart) -> str:
    """A figure for those who do not see it: its message and its table, as far as that is short."""
    rows = "; ".join(", ".join(cell for cell in row if cell) for row in chart.table.words)
    said = " ".join(filter(None, (chart.title, chart.table.note)))
    return text.shortened(f"{said} {', '.join(chart.table.headings)}: {rows}", 1200)


def _said_of(chart: Chart) -> list[str]:
    """The notes of a figure: how it was measured, what is missing, and its table."""
    said = [chart.title, f"How it was measured: {chart.how}"]
    said += [f"Missing in this run: {missing}." for missing in chart.missing]
    table = chart.table
    if 0 < len(table.words) <= ROWS_IN_NOTES:
        said += ["", "In figures:"]
        for row in table.words:
            cells = zip(table.headings[1:], row[1:], strict=True)
            said.append(f"{row[0]}: {', '.join(f'{head} {cell}' for head, cell in cells if cell)}")
    if table.note or chart.note:
        said.append(table.note or chart.note)
    return [*said, "", chart.caption]


def _write(paragraph: Any, words: Words, theme: Theme) -> None:
    run = paragraph.add_run()
    run.text = plain(words.text)
    run.font.size, run.font.bold = Pt(words.size), words.bold
    if words.muted:
        run.font.color.rgb = rgb(theme.muted)
    if words.font:
        run.font.name = words.font


def _inches(length: Any) -> float:
    return float(length.inches)


def _emu(box: Box) -> tuple[Any, Any, Any, Any]:
    return Inches(box.left), Inches(box.top), Inches(box.width), Inches(box.height)


# Colours


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


def fill_pale(shape: Any, colour: str) -> None:
    """The same with hardly any fill, and a dashed edge."""
    fill(shape, colour)
    stroke(shape, colour, 1.25)
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
