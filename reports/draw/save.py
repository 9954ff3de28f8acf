"""Figures as bytes and as files: PNG, SVG and PDF, the same for the same result."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from bench import files
from bench.errors import UsageError
from reports.draw.canvas import DPI, FAMILY, WIDE, Shape
from reports.draw.matplotlib_backend import draw
from reports.figures.chart import Chart
from reports.palette import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)

# No dates, and names of parts that do not change: the same result gives the same file.
MAKER = "outnumber"
METADATA: dict[Format, dict[str, str | None]] = {
    "png": {"Software": MAKER},
    "svg": {"Date": None, "Creator": MAKER},
    "pdf": {"CreationDate": None, "Creator": MAKER, "Producer": MAKER},
}
# Verdana is as wide as DejaVu Sans, other fonts are narrower: what fits in one fits in all.
FAMILIES = f"'{FAMILY}', Verdana, sans-serif"
NEEDLESS = (
    (re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL), ""),
    (re.compile(r'<g id="[^"]*">'), "<g>"),  # a page holds several figures
    (re.compile(r' transform="rotate\(-0 [^"]*"'), ""),
    (re.compile(r"\n\s*"), " "),
    (re.compile(r"> <"), "><"),
)


@dataclass(frozen=True)
class Elsewhere:
    """What to type for another folder: the command with its option, and what the pictures are drawn
    from, which no failure to write them harms."""

    command: str
    option: str
    kept: str = "result"


SLIDES = Elsewhere("outnumber slides RESULT --format png -o FOLDER", "-o")
REPORT = Elsewhere("outnumber report RESULT -o DIR", "-o")
HISTORY = Elsewhere("outnumber history show --figures DIR", "--figures", kept="history")


def rendered(figure: Figure, format_: Format) -> bytes:
    """The picture as a file: an SVG's letters are shapes in it, which look alike everywhere."""
    return _saved(figure, format_, fonttype="path")


def embedded(figure: Figure) -> str:
    """The picture as an `<svg>` to stand in a page: without a prolog or a note on its origin, its
    letters being text in a font that is as wide as the one they were measured in, or narrower."""
    text = _saved(figure, "svg", fonttype="none").decode()
    text = text[text.index("<svg") :].replace(f"'{FAMILY}'", FAMILIES)
    for needless, instead in NEEDLESS:
        text = needless.sub(instead, text)
    return text


def _saved(figure: Figure, format_: Format, fonttype: str) -> bytes:
    from matplotlib import rc_context

    out = io.BytesIO()
    metadata = METADATA[format_] | {"Title": str(figure.get_label())}
    # Type 3 fonts in PDF: subsetting the other kind takes half a second a figure.
    with rc_context({"svg.hashsalt": MAKER, "svg.fonttype": fonttype, "pdf.fonttype": 3}):
        figure.savefig(out, format=format_, dpi=DPI, metadata=metadata)
    return out.getvalue()


def write_pictures(
    charts: Sequence[Chart],
    folder: Path,
    formats: Sequence[Format],
    theme: Theme = LIGHT,
    shape: Shape = WIDE,
    elsewhere: Elsewhere = SLIDES,
) -> tuple[Path, ...]:
    """Writes each chart in each format into `folder` and returns the paths.

    A picture of ours that is there is replaced. Raises `UsageError`, before anything is written,
    where there is another file, and where the folder cannot be written, which says what to type for
    another: `elsewhere`.
    """
    try:
        files.check_folder(folder)
        made = pictures(charts, folder, formats, theme, shape, elsewhere)
        files.make_folder(folder)
        files.write_all(made)
    except OSError as error:
        raise UsageError(
            f"the pictures cannot be written in {folder}: {error.strerror}; "
            f"the {elsewhere.kept} itself is safe; {elsewhere.command} writes them elsewhere"
        ) from error
    return tuple(made)


def pictures(
    charts: Sequence[Chart],
    folder: Path,
    formats: Sequence[Format],
    theme: Theme = LIGHT,
    shape: Shape = WIDE,
    elsewhere: Elsewhere = SLIDES,
) -> dict[Path, bytes]:
    """The pictures by their paths in `folder`, not written yet. Raises `UsageError`, before any is
    drawn, where another file is in the place of one."""
    places = {
        chart.name: [(folder / file_name(chart.name, one, theme, shape), one) for one in formats]
        for chart in charts
    }
    for place, _ in itertools.chain.from_iterable(places.values()):
        # Every format keeps its maker's name as it is, so that ours are known again; an empty file
        # is nobody's.
        there = place.read_bytes() if place.exists() and files.is_there(place) else b""
        if there and MAKER.encode() not in there:
            raise UsageError(
                f"{place} is there already, and outnumber did not make it; "
                f"move it away, or give another folder with {elsewhere.option}"
            )
    made: dict[Path, bytes] = {}
    for chart in charts:
        figure = draw(chart, theme, shape)
        made |= {place: rendered(figure, format_) for place, format_ in places[chart.name]}
    return made


def file_name(name: str, format_: Format, theme: Theme = LIGHT, shape: Shape = WIDE) -> str:
    """`growth.png`; theme and shape stand in it where they are not the usual ones."""
    unusual = [f"-{one.name}" for one in (theme, shape) if one not in (LIGHT, WIDE)]
    return f"{name}{''.join(unusual)}.{format_}"
