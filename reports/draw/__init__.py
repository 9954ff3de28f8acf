"""Pictures, drawn by matplotlib as it ships: nothing of a user's own settings changes them.

Loaded before any module here, and so before matplotlib. A `matplotlibrc` in the current folder
comes before every other: with `text.usetex` it would start TeX for every label.
"""

from __future__ import annotations

import functools
import importlib.util
import logging
import os

os.environ.pop("MPLBACKEND", None)
# That no cache can be written, or that a font lacks a character, says nothing to a user.
logging.getLogger("matplotlib").setLevel(logging.CRITICAL)


def can_draw() -> bool:
    """Whether matplotlib is installed, which an installation may do without."""
    return importlib.util.find_spec("matplotlib") is not None


@functools.cache
def as_shipped() -> None:
    """Puts matplotlib's settings back to those that it ships with, once."""
    import matplotlib

    shipped = matplotlib.rcParamsDefault.items()
    matplotlib.rcParams.update({key: value for key, value in shipped if key != "backend"})
