"""From a result of pairs that are all alike to what is found of the machine's noise. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.experiments.pairs import LEAK_PAIRS
from bench.judging.advice import plan
from bench.judging.alike import recorded_pairs
from bench.judging.gates import LEAK, Figure, Gate, Margin
from bench.judging.noise import FEWEST, noise_of
from bench.judging.outlook import RuntimeNoise
from bench.judging.simulate import Recorded
from bench.model.records import Result


def noise_by_runtime(result: Result, gates: Sequence[Gate]) -> tuple[RuntimeNoise, ...]:
    """Each runtime of the gates, in their order. Takes a few seconds for each."""
    names = dict.fromkeys(gate.runtime for gate in gates)
    return tuple(
        _runtime_noise(name, result, [gate for gate in gates if gate.runtime == name])
        for name in names
    )


def _runtime_noise(name: str, result: Result, gates: Sequence[Gate]) -> RuntimeNoise:
    recorded = [
        Recorded(
            gate,
            tuple(pair.values for pair in recorded_pairs(gate, result)),
            LEAK_PAIRS if gate.figure == LEAK else None,
        )
        for gate in gates
    ]
    noises = tuple(noise_of(one.gate, one.pairs) for one in recorded)
    known = [one for one in recorded if len(one.pairs) >= FEWEST]
    return RuntimeNoise(name, noises, plan(known) if known else None)


def margins_to_type(
    noises: Sequence[RuntimeNoise], typed: Mapping[Figure, Margin | None]
) -> dict[Figure, Margin | None]:
    """The gates of a job of all these runtimes: the widest margin that one of them needs, or what
    was typed where that does. A figure that is too noisy in one of them is left out."""
    found: dict[Figure, Margin | None] = {}
    advices = [advice for noise in noises if noise.plan for advice in noise.plan.gates]
    for figure in dict.fromkeys(advice.usual.gate.figure for advice in advices):
        own = [advice for advice in advices if advice.usual.gate.figure == figure]
        advised = [advice.advised.gate.margin for advice in own if advice.advised]
        if len(advised) == len(own):
            widest = max(advised, key=lambda margin: margin.value)
            found[figure] = widest if any(advice.is_wider for advice in own) else typed.get(figure)
    return found
