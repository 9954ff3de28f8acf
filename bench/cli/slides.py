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
    from bench.results.records import Result
    from reports.charts.chart import Chart
    from reports.pictures.save import Format as PictureFormat


class Format(StrEnum):
    """A deck, or a picture a figure."""

    pptx = "pptx"
    png = "png"
    svg = "svg"
    pdf = "pdf"


class Theme(StrEnum):
    """The ground that is drawn on."""

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
    theme: Annotated[Theme, typer.Option(help="Of the pictures.")] = Theme.light,
    figure: Figures = None,
    shape: Annotated[Shape, typer.Option(help="Of the pictures.")] = Shape.wide,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PLACE",
            help="The deck, or the pictures' folder.  [default: beside RESULT]",
        ),
    ] = None,
) -> int:
    """Make the figures of a result to show to others: a deck, or single pictures."""
    from bench.results.file import folder_of, load

    if form is Format.pptx:
        raise UsageError("decks are not made yet; give --format png, svg or pdf")
    charts = _charts(load(result), figure or [])
    _pictures(charts, output or folder_of(result), cast("PictureFormat", form.value), theme, shape)
    return 0


def _charts(result: Result, names: Sequence[str]) -> tuple[Chart, ...]:
    """The figures of these names, all where there are none, in the figures' own order."""
    from bench.results.figures import figures
    from reports.charts.all import NAMES, charts

    for name in names:
        if name not in NAMES:
            raise UsageError(f"no figure is called '{name}'{values.nearest(name, NAMES)}")
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
    from reports.palette import THEMES
    from reports.pictures.canvas import SHAPES
    from reports.pictures.save import write_pictures

    for place in write_pictures(charts, folder, [form], THEMES[theme.value], SHAPES[shape.value]):
        typer.echo(place)
