"""THE list of experiments, a row each: the question, and what answers it.

One more is one more module with what its sessions do, and its row here: a spec names it, `outnumber
exec` runs it, and whatever it measures is shown by the list of quantities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bench.errors import UsageError
from bench.experiments.base import SessionKind
from bench.experiments.ceiling import CeilingOptions, CeilingRun
from bench.experiments.pairs import NoiseRun, PairsOptions, PairsRun
from bench.experiments.plan import PopulationOptions
from bench.experiments.population import SESSIONS, PopulationRun
from bench.experiments.rounds import RoundsOptions, RoundsRun


@dataclass(frozen=True)
class Experiment:
    """A question, the kinds of its sessions, which a job of two sides makes in pairs, the type of
    its options, and what makes a run of it, whose `run()` gives the result. Without a `make` of its
    own it makes all of its sessions in rounds."""

    name: str
    question: str
    sessions: tuple[SessionKind, ...] = ()
    options: type[msgspec.Struct] = RoundsOptions
    make: Callable[..., Any] | None = None

    def run_of(self, options: msgspec.Struct, *rest: Any) -> Any:
        """A run, made ready: from the options, and `rest`, the cases (`Target`), the machine, an
        observer, what saves a result, and the spec."""
        if self.make is None:
            return RoundsRun(self.name, self.sessions, options, *rest)  # type: ignore[arg-type]
        return self.make(options, *rest)


POPULATION: Final = Experiment(
    "population",
    "How many units can be launched, and what does one cost?",
    SESSIONS,
    PopulationOptions,
    PopulationRun,
)
CEILING: Final = Experiment(
    "ceiling", "How far does each runtime go, and what stops it?", (), CeilingOptions, CeilingRun
)
NOISE: Final = Experiment(
    "noise", "How much do equal processes differ here?", (), PairsOptions, NoiseRun
)
PAIRS: Final = Experiment(  # made from two sides and a judge besides: see `PairsRun`
    "two-sides", "Does the other side take more than the base?", (), PairsOptions, PairsRun
)
ALL: tuple[Experiment, ...] = (POPULATION, CEILING, NOISE, PAIRS)


def all_() -> tuple[Experiment, ...]:
    """Every experiment."""
    return ALL


def find(name: str) -> Experiment:
    """The experiment of this name. Raises `UsageError` where there is none."""
    for experiment in all_():
        if experiment.name == name:
            return experiment
    names = ", ".join(experiment.name for experiment in all_())
    raise UsageError(f"no experiment is called '{name}'; there are {names}")
