"""The figures to reach that real jobs are asked for: a fault in a real runtime, by `ab` itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.calibration.false_failures import MOST
from tests.calibration.outcomes import Outcome

FOUND_SMALL, FOUND_BURST, VARY = 0.95, 0.90, 0.08


@dataclass(frozen=True)
class Asked:
    """One figure: of which jobs, what of them is counted, and the share that is to be reached, by
    those of them that it is `required` of. `fault` is how the words of the fault end."""

    what: str
    reach: str
    kind: str
    counted: Callable[[Outcome], bool]
    share: float = 1.0
    fault: str = ""
    required: Callable[[Outcome], bool] | None = None

    def is_about(self, one: Outcome) -> bool:
        return one.kind == self.kind and one.fault.endswith(self.fault)


def is_found(one: Outcome) -> bool:
    return one.exit_code == 1 and one.aimed is not None and one.aimed.verdict == "regression"


def is_told_as_leak(one: Outcome) -> bool:
    """Found as a leak, and the unit not called heavier for it."""
    bytes_ = one.gate("bytes")
    told = one.aimed is not None and one.aimed.event == "leak"
    return is_found(one) and told and bytes_ is not None and bytes_.verdict != "regression"


def is_told_as_limit(one: Outcome) -> bool:
    """Found, and told with what changed: the limit's value, or which limit it is."""
    event = "limit of another value" if one.fault.startswith("the same") else "changed limit"
    return is_found(one) and one.aimed is not None and one.aimed.event == event


def is_not_cleared(one: Outcome) -> bool:
    return one.aimed is not None and one.aimed.verdict not in ("no regression", "improvement")


def varies_little(one: Outcome) -> bool:
    return one.aimed is not None and one.aimed.spread is not None and one.aimed.spread <= VARY


def did_not_fail(one: Outcome) -> bool:
    return one.exit_code != 1


def passed(one: Outcome) -> bool:
    return one.exit_code == 0


ASKED = (
    Asked("both sides alike, by default: passed", "at least 19 of 20", "default", passed, 0.95),
    Asked("both sides alike: did not fail", "at least 98 % of jobs", "alike", did_not_fail,
          1 - MOST),
    Asked("+10 % of a unit's bytes held: found", "always", "heavier", is_found, 1.0, "+10 %"),
    Asked("+2 % of a unit's bytes held: found", "at least 95 %", "heavier", is_found, FOUND_SMALL,
          "+2 %"),
    Asked("+10 % in spawn time, spun: found where pairs vary by up to 8 %", "at least 90 %",
          "slower", is_found, FOUND_BURST, required=varies_little),
    Asked("+10 % in spawn time, spun: not called *no regression*", "always", "slower",
          is_not_cleared),
    Asked("200 bytes a unit kept: told as a leak and not as a heavier unit", "always", "leak",
          is_told_as_leak),
    Asked("a lower pids cgroup: found, and told as a changed limit", "always", "ceiling",
          is_told_as_limit),
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What real jobs came to: so many of the jobs did as was asked."""

    asked: Asked
    jobs: tuple[Outcome, ...]

    @property
    def required(self) -> list[Outcome]:
        return [one for one in self.jobs if self.asked.required is None or self.asked.required(one)]

    @property
    def reached(self) -> bool:
        """Without a job nothing is."""
        required = self.required
        return bool(self.jobs) and self._count(required) >= self.asked.share * len(required)

    @property
    def words(self) -> str:
        if not self.jobs:
            return "no job yet"
        runtimes = Counter(one.runtime for one in self.jobs)
        each = ", ".join(f"{name} {count}" for name, count in runtimes.items())
        all_ = f"{self._count(self.jobs)} of {len(self.jobs)} jobs ({each})"
        if self.asked.required is None:
            return all_
        required = self.required
        if not required:
            return f"{all_}, none of them known to vary so little"
        return f"{all_}; of those that vary so little {self._count(required)} of {len(required)}"

    def _count(self, jobs: Sequence[Outcome]) -> int:
        return sum(map(self.asked.counted, jobs))


def answers(made: Sequence[Outcome]) -> list[Answer]:
    return [Answer(asked, tuple(filter(asked.is_about, made))) for asked in ASKED]
