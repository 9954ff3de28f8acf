"""The schema that ships is the one of the record types, and real results fit it."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from bench.model.records import Result
from bench.model.schema import PATH, text
from tests.support.results import leak_sweep, result, sweep, whole_run

SHIPPED: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))


def test_the_schema_that_ships_is_up_to_date() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), (
        "the record types have changed; write the schema anew with `python -m bench.model.schema`"
    )


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SHIPPED)


@pytest.mark.parametrize(
    "example",
    [whole_run(), result(), result(sweep(stops=(), status="failed")), result(leak_sweep(1.0))],
    ids=["whole", "nothing ran", "broken", "leak"],
)
def test_results_fit_the_schema(example: Result) -> None:
    jsonschema.validate(json.loads(msgspec.json.encode(example)), SHIPPED)


@pytest.mark.parametrize(
    ("key", "value"), [("outnumber", 3), ("sessions", None), ("extra", 1), ("version", 1)]
)
def test_what_the_reader_refuses_the_schema_refuses(key: str, value: object) -> None:
    tree = copy.deepcopy(json.loads(msgspec.json.encode(whole_run())))
    tree[key] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tree, SHIPPED)
