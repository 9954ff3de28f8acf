"""One palette for every form of a report: a runtime keeps its colour and its mark everywhere.

The colours were chosen so that any two of the eight shipped runtimes are told apart with full and
with dichromatic sight (a distance of 16 and more in CIELAB between any two of a theme, by the
matrices of Machado, Oliveira and Fernandes, 2009) and differ in lightness, for grey. Lightness
alone does not carry eight, so colour always goes with a mark or a name. Against its ground each has
a contrast of 3 and more, each ink of 4.5 and more (WCAG 2.2, 1.4.11 and 1.4.3).
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from runners.catalogue import shipped

ThemeName = Literal["light", "dark"]
Mark = Literal["circle", "square", "diamond", "triangle", "star", "plus", "x", "dash"]

MARKS: tuple[Mark, ...] = get_args(Mark)


@dataclass(frozen=True)
class Theme:
    """Colours as `#rrggbb`. `ink` is for what is read, `muted` for what is read second, `line` for
    grids, `quiet` for bars beside which others matter. `runtimes` are the shipped ones, `parts`
    those of bars by their keys; `strangers` is for all others."""

    name: ThemeName
    ground: str
    ink: str
    muted: str
    line: str
    quiet: str
    runtimes: Mapping[str, str]
    strangers: tuple[str, ...]
    parts: Mapping[str, str]


COLOURS = {one.name: one.colour for one in shipped() if one.colour is not None}

LIGHT = Theme(
    name="light",
    ground="#ffffff",
    ink="#1b1f24",
    muted="#5b616b",
    line="#d9dde3",
    quiet="#bcc3cd",
    runtimes={name: own.light for name, own in COLOURS.items()},
    strangers=("#3d4451", "#7a5230", "#b0487f", "#5d7f1e", "#2f5fb3", "#8a6fb0"),
    parts={
        "user": "#005f9e",
        "kernel_stack": "#d55e00",
        "page_tables": "#56b4e9",
        "kernel_other": "#f0e442",
        "program": "#005f9e",
        "collector": "#cc79a7",
        "system": "#d55e00",
        "rest": "#bcc3cd",
    },
)

DARK = Theme(
    name="dark",
    ground="#14171c",
    ink="#eef1f5",
    muted="#aab1bd",
    line="#343a44",
    quiet="#5a616c",
    runtimes={name: own.dark for name, own in COLOURS.items()},
    strangers=("#c3cad6", "#c99a6b", "#ee8fc0", "#b2d35f", "#7fa8ee", "#cbb4ea"),
    parts={
        "user": "#3d95dd",
        "kernel_stack": "#f0803c",
        "page_tables": "#8fd0f5",
        "kernel_other": "#f7ec7a",
        "program": "#3d95dd",
        "collector": "#e39ac4",
        "system": "#f0803c",
        "rest": "#5a616c",
    },
)

THEMES: Mapping[ThemeName, Theme] = {"light": LIGHT, "dark": DARK}


def colour(runtime: str, theme: Theme) -> str:
    """The runtime's colour. A stranger has one by its name alone, so the same in every report."""
    own = theme.runtimes.get(runtime)
    return own or theme.strangers[_number(runtime) % len(theme.strangers)]


def role(name: str, theme: Theme) -> str:
    """The colour of a role of the theme (`ink`, `muted`, `quiet`) or of a part of a bar; a part
    that is not known here has one by its name alone. A colour stays itself."""
    if name.startswith("#"):
        return name
    if name in ("ink", "muted", "quiet"):
        return str(getattr(theme, name))
    known = theme.parts.get(name)
    return known or theme.strangers[_number(name) % len(theme.strangers)]


@functools.cache
def in_dark() -> Mapping[str, str]:
    """The dark theme's colour for each of the light one, which has none in two roles that the dark
    one parts."""
    light, dark = (
        (
            *(one.ground, one.ink, one.muted, one.line, one.quiet),
            *(*one.runtimes.values(), *one.strangers, *one.parts.values()),
        )
        for one in (LIGHT, DARK)
    )
    return dict(zip(light, dark, strict=True))


def on(fill: str) -> str:
    """The ink, dark or light, that is read better on `fill`."""
    return max((LIGHT.ink, DARK.ink), key=lambda ink: contrast(ink, fill))


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def mark(runtime: str) -> Mark:
    """The shape of the runtime's points, which tells it apart where colour does not."""
    shipped = list(LIGHT.runtimes)
    place = shipped.index(runtime) if runtime in shipped else _number(runtime)
    return MARKS[place % len(MARKS)]


def _luminance(colour_: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    channels = [int(colour_[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _number(runtime: str) -> int:
    """The same in every process, unlike `hash`."""
    return zlib.crc32(runtime.encode("utf-8", "replace"))
