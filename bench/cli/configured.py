"""`[tool.outnumber]` of a pyproject.toml: values for the options of `ab`, and two of `compare`.

The nearest pyproject.toml with that table counts, in the current folder or above. Paths in it start
from its own folder. The command line wins.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from bench.cli.options import BadOption, nearest
from bench.errors import UsageError

# The keys are the options' names.
KEYS = (
    "runtime", "base-python", "new-python", "base-runner", "new-runner", "base-set", "new-set",
    "base-env", "new-env", "at", "pairs", "pairs-max", "budget", "ceiling", "gate", "same-ok",
    "seed", "inconclusive-ok", "wait-for-quiet",
)  # fmt: skip
KEYS_OF = {"ab": KEYS, "compare": ("gate", "inconclusive-ok")}
RUNNERS = ("base-runner", "new-runner")
PYTHONS = ("base-python", "new-python")


class Configured(TyperCommand):
    """A command whose options a project's file may set. An error about such an option names the
    file and the key, and no option that nobody typed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not (ctx.resilient_parsing or {"--help", "-h"} & {*args}):
            ctx.default_map = self._settings(ctx, args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BadOption as error:
            key = error.option.removeprefix("--")
            if key.replace("-", "_") not in ctx.default_map:
                raise
            path, _ = project(Path())
            raise UsageError(f"{path}: [tool.outnumber] {key}: {error.message}") from error

    def _settings(self, ctx: Any, args: list[str]) -> dict[str, object]:
        """What the project sets of the options that were not typed, checked. A runner that was
        typed leaves no room for a runtime of the file, nor the other way round."""
        typed = {*self.make_parser(ctx).parse_args(args=[*args])[0]}
        path, table = project(Path())
        if typed & {"base_runner", "new_runner"}:
            table.pop("runtime", None)
        if "runtime" in typed:
            table = {key: value for key, value in table.items() if key not in RUNNERS}
        found: dict[str, object] = {}
        for parameter in self.params:
            key = str(parameter.name).replace("_", "-")
            if key not in table.keys() & {*KEYS_OF[str(self.name)]} or parameter.name in typed:
                continue
            try:
                value = _as_typed(table[key], parameter)
                parameter.process_value(ctx, value)
            except typer.BadParameter as error:
                what = error.message.removeprefix("Value error, ")
                raise UsageError(f"{path}: [tool.outnumber] {key}: {what}") from error
            if path and (key in RUNNERS or (key in PYTHONS and "/" in str(value))):
                value = str(path.parent / str(value))  # a bare word is a command on PATH
            found[str(parameter.name)] = value
        return found


def project(folder: Path) -> tuple[Path | None, dict[str, Any]]:
    """The file that configures `folder`, if one does, and its table. Raises `UsageError` with the
    file where that makes no sense, and where the current folder is no more."""
    for path in _above(folder):
        try:
            tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{path}: cannot be read: {error}") from error
        table = tools.get("outnumber") if isinstance(tools, dict) else None
        if table is None:
            continue
        if not isinstance(table, dict):
            raise UsageError(
                f"{path}: tool.outnumber is not a table; begin it with [tool.outnumber]"
            )
        for key in table:
            if key not in KEYS:
                raise UsageError(f"{path}: [tool.outnumber] knows no '{key}'{nearest(key, KEYS)}")
        return path, table
    return None, {}


def _above(folder: Path) -> Iterator[Path]:
    """The pyproject.toml of the folder and of those above it, the nearest first."""
    try:
        absolute = folder.absolute()
    except FileNotFoundError as error:
        raise UsageError("the current folder has been removed; change to another one") from error
    except OSError:  # below a folder that we may not enter
        return
    for place in (absolute, *absolute.parents):
        with suppress(OSError):  # a folder that we may not look into configures nothing
            if (place / "pyproject.toml").is_file():
                yield place / "pyproject.toml"


def _as_typed(value: object, parameter: Any) -> object:
    """A value of the file as the command line would give it."""
    if getattr(parameter, "is_flag", False):
        if not isinstance(value, bool):
            raise typer.BadParameter("expected true or false")
        return value
    if parameter.multiple:
        words = value if isinstance(value, list) else [value]
        if not all(isinstance(word, str) for word in words):
            raise typer.BadParameter("expected a text, or a list of texts")
        return words
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise typer.BadParameter("expected a text or a number")
    return str(value)
