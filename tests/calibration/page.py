"""The page that is written from what was measured: tables between marks, all else by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "regression.md"
BLOCK = re.compile(
    r"(<!-- measured: (?P<name>[a-z ]+) -->\n)(?P<block>.*?)(<!-- end -->)", re.DOTALL
)


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """The page with each block in its place. Raises `ValueError` where the page lacks one."""
    missing = blocks.keys() - tables(text).keys()
    if missing:
        raise ValueError(f"no '<!-- measured: {min(missing)} -->' in the page")
    return BLOCK.sub(lambda found: _one(found, blocks), text)


def tables(text: str) -> dict[str, str]:
    """The blocks that a page has, by name."""
    return {found["name"]: found["block"] for found in BLOCK.finditer(text)}


def _one(found: re.Match[str], blocks: Mapping[str, str]) -> str:
    block = blocks.get(found["name"])
    return found[0] if block is None else f"{found[1]}\n{block.strip()}\n\n{found[4]}"
