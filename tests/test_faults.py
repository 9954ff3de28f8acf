"""What is wrong with data from outside is said in plain words: every constraint of our records."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from bench.faults import placed


class Sample(msgspec.Struct, forbid_unknown_fields=True):
    whole: Annotated[int, Meta(ge=1, le=9)] = 1
    below: Annotated[int, Meta(ge=-9, lt=9)] = 1
    decimal: Annotated[float, Meta(gt=0, le=9)] = 1
    text: Annotated[str, Meta(min_length=1, max_length=3, pattern="^a")] = "a"
    word: Literal["x"] = "x"
    many: Annotated[tuple[int, ...], Meta(min_length=1, max_length=2)] = (1,)
    pair: tuple[int, int] = (1, 2)
    maybe: Annotated[int, Meta(ge=1)] | None = None
    either: int | str = 1
    named: Annotated[dict[str, int], Meta(max_length=1)] = {}
    flag: bool = True


class Needy(msgspec.Struct):
    name: str


SAID: list[tuple[type, str, tuple[str, str]]] = [
    (Sample, "[]", ("$", "expected an object, not a list")),
    (Sample, '{"extra": 1}', ("$", "unknown field extra")),
    (Sample, '{"whole": 0}', ("$.whole", "expected a whole number of at least 1")),
    (Sample, '{"whole": 10}', ("$.whole", "expected a whole number of at most 9")),
    (Sample, '{"whole": "1"}', ("$.whole", "expected a whole number, not a text")),
    (Sample, '{"whole": 1.5}', ("$.whole", "expected a whole number, not a decimal number")),
    (Sample, '{"below": 9}', ("$.below", "expected a whole number of at most 8")),
    (Sample, '{"below": -10}', ("$.below", "expected a whole number of at least -9")),
    (Sample, '{"decimal": 0}', ("$.decimal", "expected a number above 0")),
    (Sample, '{"decimal": 1e999}', ("$.decimal", "the number is out of range")),
    (Sample, '{"text": "aaaa"}', ("$.text", "longer than 3")),
    (Sample, '{"text": ""}', ("$.text", "shorter than 1")),
    (Sample, '{"text": "b"}', ("$.text", "does not match ^a")),
    (Sample, '{"word": "y"}', ("$.word", "unknown value 'y'")),
    (Sample, '{"many": []}', ("$.many", "shorter than 1")),
    (Sample, '{"many": [1, 2, 3]}', ("$.many", "longer than 2")),
    (Sample, '{"many": [null]}', ("$.many[0]", "expected a whole number, not null")),
    (Sample, '{"pair": [1]}', ("$.pair", "expected a list of 2")),
    (Sample, '{"maybe": "x"}', ("$.maybe", "expected a whole number or null, not a text")),
    (Sample, '{"maybe": 0}', ("$.maybe", "expected a whole number of at least 1")),
    (Sample, '{"either": []}', ("$.either", "expected a whole number or a text, not a list")),
    (Sample, '{"named": {"a": {}}}', ("$.named[...]", "expected a whole number, not an object")),
    (Sample, '{"named": {"a": 1, "b": 2}}', ("$.named", "longer than 1")),
    (Sample, '{"flag": 1}', ("$.flag", "expected true or false, not a whole number")),
    (Needy, "{}", ("$", "name is missing")),
]


@pytest.mark.parametrize(("kind", "text", "said"), SAID)
def test_a_fault_is_said_with_its_place_and_without_a_librarys_types(
    kind: type, text: str, said: tuple[str, str]
) -> None:
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.json.decode(text, type=kind)
    assert placed(str(error.value)) == said


def test_a_text_of_the_file_that_looks_like_a_fault_is_left_as_it_is() -> None:
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.json.decode(b'{"{int} {found str}": 1}', type=Sample)
    assert placed(str(error.value)) == ("$", "unknown field {int} {found str}")
