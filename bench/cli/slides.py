"""`outnumber slides`: a result's figures to show to others, as a deck or as single pictures."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from bench.cli import values
from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.model.records import Result
    from reports.draw.save import Format as PictureFormat
    from reports.figures.chart import Chart

PROGRAMS = "PowerPoint, Keynote, Google Slides and LibreOffice"


class Format(StrEnum):
    """A deck, or a picture a figure."""

    pptx = "pptx"
    png = "png"
    svg = "svg"
    pdf = "pdf"


ENDINGS = {f".{form}" for form in Format}


class Theme(StrEnum):
    """The colours of the deck or the pictures."""

    light = "light"
    dark = "dark"


class Shape(StrEnum):
    """The sides of a picture: 16:9 or 1:1."""

    wide = "wide"
    square = "square"


Figures = Annotated[
    list[str] | None,
    typer.Option(
        "--figure",
        "-f",
        metavar="NAME",
        help="how-many, bytes-per-unit, growth, spawn, where-time-goes or closeness; may be "
        "repeated.  [default: all six]",
    ),
]


def slides(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A file made by run.")],
    form: Annotated[Format, typer.Option("--format", help="A deck, or pictures.")] = Format.pptx,
    theme: Annotated[Theme, typer.Option(help="Colour theme.")] = Theme.light,
    figure: Figures = None,
    shape: Annotated[
        Shape, typer.Option(help="Shape of pictures; a deck is always wide.")
    ] = Shape.wide,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PLACE",
            help="The deck, or the pictures' folder.  [default: beside RESULT]",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing deck.")] = False,
) -> int:
    """Make a deck, or pictures, of a result's figures."""
    from bench.model.file import folder_of, load

    names = _known(figure or [])
    _check_ending(output, form)
    if form is Format.pptx:
        if shape is not Shape.wide:
            raise UsageError("a deck is 16:9; give --shape with --format png, svg or pdf")
        _deck(result, output or result.with_suffix(".pptx"), theme, names, force)
        return 0
    charts = _charts(load(result), names)
    _pictures(charts, output or folder_of(result), cast("PictureFormat", form.value), theme, shape)
    return 0


def _check_ending(place: Path | None, form: Format) -> None:
    """Raises `UsageError` for a name that would promise another kind of file."""
    if place is None or place.is_dir():
        return
    if form is Format.pptx and place.suffix.lower() != ".pptx":
        name = place.with_suffix(".pptx")
        raise UsageError(f"{place}: a deck is a .pptx, which {PROGRAMS} open; type -o {name}")
    if form is not Format.pptx and place.suffix.lower() in ENDINGS:
        name = place.with_suffix("")
        raise UsageError(f"{place}: -o is the pictures' folder; type -o {name}, say")


def _known(names: Sequence[str]) -> Sequence[str]:
    """The names, if all of them are figures'."""
    from reports.figures.all import NAMES

    for name in names:
        if name not in NAMES:
            raise UsageError(f"no figure is called '{name}'{values.nearest(name, NAMES)}")
    return names


def _deck(path: Path, place: Path, theme: Theme, names: Sequence[str], force: bool) -> None:
    """Writes the deck and says where it is. One that is there may hold a speaker's own slides, so
    it is replaced on request alone."""
    from bench.cli.made import refuse_place, write_made
    from bench.derive.metrics import figures
    from bench.model.file import load
    from reports.digest import digest
    from reports.palette import THEMES

    result = load(path)
    refuse_place(place, path)

    from reports.deck.deck import deck

    write_made(deck(digest(result, figures(result)), THEMES[theme.value], names), place, force)
    typer.echo(place)


def _charts(result: Result, names: Sequence[str]) -> tuple[Chart, ...]:
    """The figures of these names, all where there are none, in the figures' own order."""
    from bench.derive.metrics import figures
    from reports.figures.all import charts

    made = charts(result, figures(result))
    return tuple(chart for chart in made if not names or chart.name in names)


def _pictures(
    charts: Sequence[Chart],
    folder: Path,
    form: PictureFormat,
    theme: Theme,
    shape: Shape,
) -> None:
    """Writes the pictures and tells where they are."""
    from reports.draw.canvas import SHAPES
    from reports.draw.save import write_pictures
    from reports.palette import THEMES

    for place in write_pictures(charts, folder, [form], THEMES[theme.value], SHAPES[shape.value]):
        typer.echo(place)
