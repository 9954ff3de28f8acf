"""Starts a Python runner: `python -I serve.py UNIT.py [key=value…]`, by runners/README.md.

The loop that all of them share, `protocol_loop.py`, is loaded from its compiled form: to compile it
at each start would leave 0.7 MB of address space less to the units.
"""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def load(path: str) -> Any:
    """A file as a module. By its path, so that a file named as the library it uses cannot shadow
    it."""
    spec = spec_from_file_location("unit", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is no Python file; expected a unit's, like those beside serve.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(path: str, *words: str) -> None:
    folder = os.path.dirname(__file__)  # noqa: PTH120 - pathlib would take more than it is worth
    loop = load(f"{folder}/protocol_loop.py")
    replies = loop.move_protocol()
    loop.drive(load(path), words, replies)


if __name__ == "__main__":
    main(*sys.argv[1:])
