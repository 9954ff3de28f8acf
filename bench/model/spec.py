"""Reading a spec, and checking the options of its experiment. Whoever runs a spec runs the programs
that it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bench.errors import ResultError, UsageError
from bench.faults import placed
from bench.model.decoding import printable
from bench.model.file import content_of, load
from bench.model.records import Spec

Options = TypeVar("Options", bound=msgspec.Struct)
ANOTHER = "give a spec, or the result of a run that is to be repeated"


class _Head(msgspec.Struct):
    """What tells a spec from a result."""

    outnumber: Any = None


def load_spec(path: Path) -> Spec:
    """The spec in a file, or that of the result in it. Raises `ResultError` with the place of what
    is wrong."""
    name, content = printable(str(path)), content_of(path)
    try:
        if msgspec.json.decode(content, type=_Head).outnumber is None:
            return msgspec.json.decode(content, type=Spec)
    except msgspec.ValidationError as error:
        place, what = placed(str(error))
        raise ResultError(f"{name}: {printable(place)}: {printable(what)}; {ANOTHER}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ResultError(f"{name}: not JSON: {printable(str(error))}; {ANOTHER}") from None
    spec = load(path).spec
    if spec is None:
        raise ResultError(f"{name}: holds no spec, as an older version made it; {ANOTHER}")
    return spec


def options_as(spec: Spec, options: type[Options]) -> Options:
    """The options as their experiment takes them. Raises `UsageError` with the place of what is
    wrong."""
    try:
        return msgspec.convert(spec.options, options)
    except msgspec.ValidationError as error:
        place, what = placed(str(error))
        raise UsageError(f"$.options{printable(place[1:])}: {printable(what)}") from None
