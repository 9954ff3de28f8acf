"""Values of a record type made by chance, from its own description: within its bounds, at them, and
where that is asked for beyond them, as a kernel or a runner out of its mind might report."""

from __future__ import annotations

import math
import random
from typing import Any

from msgspec import inspect

INTEGERS = (0, 1, 11, 2**31 - 1, 2**31, 2**53 - 1, 2**53)
STRANGE_INTEGERS = (-1, -(2**31) - 1, 2**53 + 1, 10**17, 2**63 - 1, 2**64 - 1, 2**80)
FLOATS = (0.0, 1e-9, 0.5, 1.0, 1e9)
STRANGE_FLOATS = (-1.0, 1.1e9, 1e300, float("inf"), float("nan"))
TEXTS = ("", "x", "x" * 200, "é" * 150, "\x00\x1b[31m", "\u202e", "\U0001f600", "a\nb")
STRANGE_TEXTS = ("x" * 201, "x" * 10_001, "\udcff", "a\ud800b")
STRANGE = 0.02  # the share of values that are out of bounds, where any may be


class Maker:
    """Makes values of types; `strange` says whether they may be out of bounds."""

    def __init__(self, seed: int, strange: bool) -> None:
        self._dice = random.Random(seed)
        self._strange = strange

    def make(self, type_: type[Any]) -> Any:
        return self._made(inspect.type_info(type_))

    def _made(self, wanted: inspect.Type) -> Any:
        match wanted:
            case inspect.StructType():
                return wanted.cls(**{field.name: self._made(field.type) for field in wanted.fields})
            case inspect.UnionType():
                return self._made(self._dice.choice(wanted.types))
            case inspect.VarTupleType():
                return tuple(self._made(wanted.item_type) for _ in range(self._dice.randrange(4)))
            case inspect.DictType():
                keys = [self._made(wanted.key_type) for _ in range(self._dice.randrange(3))]
                return {key: self._made(wanted.value_type) for key in keys}
            case inspect.LiteralType():
                return self._dice.choice(wanted.values)
            case _:
                return self._simple(wanted)

    def _simple(self, wanted: Any) -> Any:
        sound: tuple[Any, ...]
        sound, strange = {
            inspect.NoneType: ((None,), (None,)),
            inspect.BoolType: ((True, False), (True, False)),
            inspect.IntType: (INTEGERS, STRANGE_INTEGERS),
            inspect.FloatType: (FLOATS, STRANGE_FLOATS),
            inspect.StrType: (TEXTS, STRANGE_TEXTS),
        }[type(wanted)]
        if self._strange and self._dice.random() < STRANGE:
            return self._dice.choice(strange)
        return self._dice.choice([value for value in sound if _fits(value, wanted)])


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, inspect.StrType):
        return wanted.max_length is None or len(value) <= wanted.max_length
    if isinstance(wanted, inspect.NoneType | inspect.BoolType):
        return True
    least = wanted.ge if wanted.gt is None else math.nextafter(wanted.gt, math.inf)
    most = wanted.le if wanted.lt is None else math.nextafter(wanted.lt, -math.inf)
    return (least is None or value >= least) and (most is None or value <= most)
