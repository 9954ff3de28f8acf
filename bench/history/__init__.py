"""Runs night by night, and what is nominated from them."""

from pathlib import Path

FOLDER = Path("outnumber-history")  # unless another is given
