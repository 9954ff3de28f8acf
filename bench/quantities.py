"""THE list of quantities: every kind of number that the product reports, a row each.

A row and its formula are all that a new quantity needs: tables, figures, pages, decks, exports,
gates and histories show and judge what is in a result by its row. They read this list when they are
called.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from bench.derive import ceiling, doubts, memory, times
from bench.derive.series import Margin, Quantity
from bench.model.records import BURST_FROM_NOTHING, CLIMB, LEAK, REPEAT

POPULATION: Final = frozenset({CLIMB, REPEAT, BURST_FROM_NOTHING, LEAK})

# Margins were found on recorded values of this project's own runs; `outnumber noise` finds them on
# a machine. Negligible are bytes, seconds and faults a unit that nobody would miss.
_memory = partial(
    Quantity,
    dimension="bytes",
    purposes=POPULATION,
    doubts=doubts.MEMORY,
    margin=Margin(0.01),
    negligible=10.0,
)
_time = partial(
    Quantity,
    dimension="seconds",
    purposes=POPULATION,
    doubts=doubts.TIME,
    margin=Margin(0.03),
    negligible=1e-7,
)

BYTES = _memory(
    name="bytes_per_unit",
    label="bytes per unit",
    short="bytes",
    derive=memory.bytes_per_unit,
    parts=memory.PARTS,
    counted="units alive",
    headline=True,
)
FIXED = _memory(
    name="fixed_bytes",
    label="memory of the empty process",
    short="empty process",
    derive=memory.fixed_bytes,
    per_unit=False,
)
LEAKED = _memory(
    name="leaked_bytes_per_unit",
    label="leaked bytes per unit",
    short="leak",
    derive=memory.leaked_bytes_per_unit,
    margin=Margin(10.0, absolute=True),
    counted="units in a cycle of the leak check",
    headline=True,
)
UNCOLLECTED = _memory(
    name="uncollected_bytes_per_unit",
    label="uncollected bytes per unit",
    short="uncollected",
    derive=memory.uncollected_bytes_per_unit,
    # What a collection also gives back of free lists and half-empty pools.
    margin=Margin(64.0, absolute=True),
)
BURST = _time(
    name="burst_seconds_per_unit",
    label="burst time per unit",
    short="burst",
    derive=times.burst,
    counted="units in a burst",
    headline=True,
)
MARGINAL_BURST = _time(
    name="marginal_burst_seconds_per_unit",
    label="marginal burst time per unit",
    short="marginal burst",
    derive=times.marginal_burst,
)
LONGEST_SPAWN = _time(
    name="longest_spawn_seconds",
    label="longest spawn",
    short="longest spawn",
    derive=times.longest_spawn,
    per_unit=False,
)
USER_TIME = _time(
    name="user_seconds_per_unit",
    label="user time per unit",
    short="user time",
    derive=times.user_time,
)
SYSTEM_TIME = _time(
    name="system_seconds_per_unit",
    label="system time per unit",
    short="system time",
    derive=times.system_time,
)
COLLECTOR_TIME = _time(
    name="gc_seconds_per_unit",
    label="garbage collector's time per unit",
    short="collector time",
    derive=times.collector_time,
)
PAGE_FAULTS = Quantity(
    name="page_faults_per_unit",
    dimension="count",
    label="page faults per unit",
    short="page faults",
    derive=times.page_faults,
    purposes=POPULATION,
    doubts=doubts.MEMORY,  # they are the process's own
    margin=Margin(0.03),
    negligible=0.01,
)
START = _time(
    name="start_latency_seconds",
    label="start latency from idle",
    short="start from idle",
    derive=times.start_latency(times.FROM_IDLE),
    doubts=doubts.LATENCY,
    per_unit=False,
    quantiles=times.QUANTILES,
    headline=True,
)
AWAKE_START = _time(
    name="awake_start_latency_seconds",
    label="start latency awake",
    short="start awake",
    derive=times.start_latency(times.AWAKE),
    doubts=doubts.LATENCY,
    per_unit=False,
    quantiles=times.QUANTILES,
    headline=True,
)
RELEASE = _time(
    name="release_seconds_per_unit",
    label="release time per unit",
    short="release",
    derive=times.release,
    headline=True,
)
CEILING = Quantity(
    name="ceiling",
    dimension="count",
    label="ceiling",
    short="ceiling",
    derive=ceiling.ceiling,
    purposes=POPULATION,
    doubts=doubts.COUNT,
    margin=Margin(0.03),
    negligible=1.0,
    better="higher",
    per_unit=False,
    headline=True,
)

ALL: tuple[Quantity, ...] = (
    BYTES,
    FIXED,
    LEAKED,
    UNCOLLECTED,
    BURST,
    MARGINAL_BURST,
    LONGEST_SPAWN,
    USER_TIME,
    SYSTEM_TIME,
    COLLECTOR_TIME,
    PAGE_FAULTS,
    START,
    AWAKE_START,
    RELEASE,
    CEILING,
)


# The quantity that a start latency is reported as.
OF_START = {times.FROM_IDLE: START, times.AWAKE: AWAKE_START}


def all_() -> tuple[Quantity, ...]:
    """Every quantity, in the order in which they are shown."""
    return ALL


def find(name: str) -> Quantity:
    """The quantity of this name. Raises `KeyError` where there is none."""
    for quantity in ALL:
        if quantity.name == name:
            return quantity
    raise KeyError(name)
