"""Whether this process is the command itself, or somebody's program that calls into the house.

The command's process is its own: it has no children but those that it started.
"""

from __future__ import annotations


class _Process:
    is_the_command = False


def declare() -> None:
    """Says that this process is the command. Call once, where the command begins."""
    _Process.is_the_command = True


def is_declared() -> bool:
    return _Process.is_the_command
