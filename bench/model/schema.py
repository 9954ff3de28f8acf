"""The JSON Schema of the result file, generated from the record types and shipped beside them.

`python -m bench.model.schema` writes it anew after a change of `records.py`.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import msgspec

from bench import files
from bench.model.records import Result

PATH = Path(__file__).with_name("result.schema.json")


def schema() -> dict[str, Any]:
    """The schema as the record types have it now."""
    made = msgspec.json.schema(Result)
    for definition in made["$defs"].values():
        if "description" in definition:  # a docstring, which Python 3.13 and later give unindented
            definition["description"] = inspect.cleandoc(definition["description"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "outnumber result",
        **made,
    }


def text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    files.write(PATH, text())
