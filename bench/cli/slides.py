"""`outnumber slides`: a result's figures to show to others, as a deck or as single pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from bench.cli import options
from bench.cli.export import refuse_place, write_made
from bench.cli.options import BadOption, choice, flag, text
from bench.errors import UsageError

Format = Literal["pptx", "png", "svg", "pdf"]
Theme = Literal["light", "dark"]
Shape = Literal["wide", "square"]

Figures = Annotated[
    list[str] | None,
    text(
        "NAME",
        "Draw this figure: how-many, bytes-per-unit, growth, spawn, where-time-goes or "
        "closeness (repeatable).  [default: all six]",
        "--figure",
        "-f",
    ),
]


def slides(
    result: options.ResultFile,
    form: Annotated[Format, choice("A deck (pptx), or a picture per figure.", "--format")] = "pptx",
    theme: Annotated[Theme, choice("Colour theme.")] = "light",
    figure: Figures = None,
    shape: Annotated[Shape, choice("Shape of pictures; a deck is always wide.")] = "wide",
    output: Annotated[
        Path | None,
        text(
            "PLACE",
            "The deck, or the pictures' folder.  [default: beside RESULT]",
            "--output",
            "-o",
        ),
    ] = None,
    force: Annotated[bool, flag("Overwrite an existing deck.", "--force")] = False,
) -> int:
    """Make a deck, or pictures, of a result's figures."""
    from bench.derive.metrics import figures
    from bench.model.file import folder_of, load
    from reports.figures.all import names as known_names
    from reports.palette import THEMES

    names = figure or []
    for name in names:
        if name not in known_names():
            nearest = options.nearest(name, known_names())
            raise BadOption("--figure", f"no figure is called '{name}'{nearest}")
    _refuse_ending(output, form)
    if form == "pptx" and shape != "wide":
        raise UsageError("a deck is 16:9; give --shape with --format png, svg or pdf")
    loaded = load(result)
    if form == "pptx":  # it may hold a speaker's own slides, so it is replaced on request alone
        from reports.deck.deck import deck
        from reports.digest import digest

        place = output or result.with_suffix(".pptx")
        refuse_place(place, result)
        write_made(deck(digest(loaded, figures(loaded)), THEMES[theme], names), place, force)
        typer.echo(place)
        return 0
    from reports.draw.canvas import SHAPES
    from reports.draw.save import write_pictures
    from reports.figures.all import charts

    folder = output or folder_of(result)
    made = [one for one in charts(loaded, figures(loaded)) if not names or one.name in names]
    for place in write_pictures(made, folder, [form], THEMES[theme], SHAPES[shape]):
        typer.echo(place)
    return 0


def _refuse_ending(place: Path | None, form: Format) -> None:
    """Raises `UsageError` for a name that would promise another kind of file."""
    if place is None or place.is_dir():
        return
    ending = place.suffix.lower()
    if form == "pptx" and ending != ".pptx":
        raise UsageError(
            f"{place}: a deck is a .pptx, which PowerPoint, Keynote, Google Slides and LibreOffice "
            f"open; type -o {place.with_suffix('.pptx')}"
        )
    if form != "pptx" and ending.removeprefix(".") in get_args(Format):
        raise UsageError(
            f"{place}: -o is the pictures' folder; type -o {place.with_suffix('')}, say"
        )
