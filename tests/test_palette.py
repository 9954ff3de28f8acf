"""One palette: told apart by everybody, readable on its ground, the same in every report."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import pytest

from reports.figures import unit_cost, where_time_goes
from reports.palette import DARK, LIGHT, MARKS, THEMES, Theme, colour, mark
from runners.catalogue import shipped

THEME = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)

# Linear RGB to what is seen: with all cones, without the middle ones, without the long ones
# (Machado, Oliveira and Fernandes, 2009, at full severity).
SIGHTS = {
    "full": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}
TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)


def linear(hexes: str) -> list[float]:
    """`#rrggbb` as linear light."""
    channels = [int(hexes[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def contrast(first: str, second: str) -> float:
    """WCAG 2.2's contrast ratio."""
    dark, light = sorted(times(TO_XYZ, linear(one))[1] for one in (first, second))
    return (light + 0.05) / (dark + 0.05)


def lab(hexes: str, sight: str = "full") -> tuple[float, float, float]:
    """CIELAB of a colour as it is seen."""
    seen = [min(1.0, max(0.0, c)) for c in times(SIGHTS[sight], linear(hexes))]
    white = times(TO_XYZ, (1, 1, 1))
    x, y, z = (
        math.cbrt(c / w) if c / w > 216 / 24389 else (24389 / 27 * c / w + 16) / 116
        for c, w in zip(times(TO_XYZ, seen), white, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@THEME
def test_every_shipped_runtime_has_a_colour_of_its_own(theme: Theme) -> None:
    names = {entry.name for entry in shipped()}
    assert theme.runtimes.keys() == names
    assert len(set(theme.runtimes.values())) == len(names)
    assert not set(theme.strangers) & set(theme.runtimes.values())


@THEME
@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_runtimes_are_told_apart_with_any_sight(theme: Theme, sight: str) -> None:
    for first, second in itertools.combinations(theme.runtimes.values(), 2):
        assert math.dist(lab(first, sight), lab(second, sight)) > 16, (first, second)


@THEME
def test_neighbouring_parts_of_a_bar_are_told_apart_in_grey(theme: Theme) -> None:
    for keys in (unit_cost.PARTS, where_time_goes.PARTS):
        parts = {part.key: theme.parts[part.key] for part in keys}
        lightness = [lab(one)[0] for one in parts.values()]
        for before, after in itertools.pairwise(lightness):
            assert abs(before - after) > 5


@THEME
def test_everything_is_seen_against_its_ground(theme: Theme) -> None:
    for one in (*theme.runtimes.values(), *theme.strangers):
        assert contrast(one, theme.ground) >= 3, one
    assert contrast(theme.muted, theme.ground) >= 4.5
    assert contrast(theme.ink, theme.ground) >= 7


def test_a_runtime_keeps_its_colour_and_its_mark() -> None:
    assert (colour("asyncio", LIGHT), colour("asyncio", DARK)) == ("#637dfc", "#aaa9fd")
    assert mark("pthread") == "circle"
    assert len({mark(name) for name in LIGHT.runtimes}) == len(MARKS) == 8


def test_a_stranger_has_the_same_colour_in_every_process() -> None:
    assert colour("my-own", LIGHT) == "#8a6fb0"
    assert mark("my-own") == "square"
    assert colour("\ud800", LIGHT) in LIGHT.strangers
