"""Made-up runs with all that a report may meet: every shipped runtime with the limits that stood
around it, strangers, and names that mean harm."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bench.model.records import CaseRecord, Kind, Limit, Result, Session, Status, Stop
from tests.support.results import (
    ASYNCIO,
    GOROUTINE,
    LABELS,
    PTHREAD,
    THREADING,
    Unit,
    result,
    sweep,
)

LOCKED = Unit(user=11_200, kernel=27_300, kernel_stack=16_384, page_tables=4140, rss=11_300)
GREENLET = Unit(user=6010, kernel=36, page_tables=36, rss=6010)
GEVENT = Unit(user=8102, kernel=40, page_tables=40, rss=8102)
TRIO = Unit(user=2095, kernel=4, page_tables=4, rss=2095)
UNITS = {
    "pthread": PTHREAD,
    "threading": THREADING,
    "goroutine": GOROUTINE,
    "greenlet": GREENLET,
    "gevent": GEVENT,
    "asyncio": ASYNCIO,
    "trio": TRIO,
    "goroutine:locked": LOCKED,
}
THREADS = ("pthread", "threading", "goroutine:locked")
NAMES = {
    **LABELS,
    "gevent": "gevent greenlet",
    "goroutine:locked": "goroutine on its own thread",
}
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "=1+1",
    "a\nb\r|c`d`",
    "\u202ekcab\u2066x\u2069\u200f",
    "\x1b[2J\x9b31m\x07",
    "</style></svg>]]>&amp;{{ 7*7 }}{% raw %}",
    "javascript:alert(1) www.x.example",
    "@SUM(A1)\t-1",
    "\U000e0041\ufeffz",
)


def thread_limits(take: float = 2.0) -> tuple[Limit, ...]:
    """What stands around a thread: pid_max binds first."""
    return (
        counter("kernel.pid_max", 32_768, 1.0, 32_456),
        counter("vm.max_map_count", 65_530, take, 32_748, "the process"),
        counter("kernel.threads-max", 192_730, 1.0, 192_648),
        memory("MemAvailable", 25_276_510_208, 35_689.0, 685_215),
        memory("address space", 2**47, 8_393_019.0, 16_768_393),
        counter("RLIMIT_NPROC", None, 1.0, None, "user 0"),
        counter("pids.max", None, 1.0, None, "every cgroup"),
    )


def task_limits(each: float = 1277.0, allows: int = 19_273_901) -> tuple[Limit, ...]:
    """What stands around a task: memory binds, and it takes nothing of what counts threads."""
    return (
        memory("MemAvailable", 25_276_510_208, each, allows),
        memory("address space", 2**47, each, 110_570_223_426),
        counter("kernel.pid_max", 32_768, 0.0, None),
        counter("kernel.threads-max", 192_730, 0.0, None),
        counter("vm.max_map_count", 65_530, 0.0, None, "the process"),
    )


def counter(
    name: str, value: int | None, take: float | None, allows: int | None, where: str = "the machine"
) -> Limit:
    return Limit(
        name=name, measure="count", value=value, use=10, where=where, take=take, allows=allows
    )


def memory(name: str, value: int | None, take: float | None, allows: int | None) -> Limit:
    return replace(counter(name, value, take, allows), measure="bytes")


def ran(
    name: str,
    unit: Unit | None = None,
    *,
    limits: Sequence[Limit] | None = None,
    status: Status = "max",
    limit: str | None = None,
    short: int = 6,
) -> list[Session]:
    """A climb and repeats of one runtime, with its limits."""
    thread = name in THREADS
    own = unit or UNITS.get(name, ASYNCIO)
    around = (thread_limits() if thread else task_limits()) if limits is None else limits
    steps = (100, 1000, 30_000) if thread else (1000, 10_000, 1_000_000)
    stop = Stop(
        status=status,
        count=steps[-1],
        message="its message",
        limit=limit,
        where=next((one.where for one in around if one.name == limit), None),
    )
    climb = sweep(steps, own, runtime=name, purpose="climb", stop=stop, limits=tuple(around))
    stops = (1000, 10_000) if thread else (10_000, 100_000)
    return [climb, *(sweep(stops, own, runtime=name, number=n + 1) for n in range(short))]


def run_of(*names: str, **fields: object) -> Result:
    """A run of these runtimes, shipped or a stranger's."""
    sweeps = [one for name in names for one in ran(name, **fields)]  # type: ignore[arg-type]
    return result(*sweeps, runtimes=[runtime(name) for name in names])


def every_runtime() -> Result:
    """A run of all the shipped runtimes."""
    return run_of(*UNITS)


def runtime(name: str, label: str | None = None, kind: Kind | None = None) -> CaseRecord:
    """A runtime with its shipped label, or what a stranger calls it."""
    own: Kind = "thread" if name in THREADS else "task"
    return CaseRecord(
        runtime=name, label=label or NAMES.get(name, name), kind=kind or own, language="any"
    )


def hostile_run() -> Result:
    """A run whose every text means harm."""
    made = run_of("pthread", "asyncio")
    kinds: tuple[Kind, ...] = ("thread", "task")
    runtimes = [runtime(text, text, kinds[place % 2]) for place, text in enumerate(HOSTILE)]
    sweeps = [
        replace(_hostile(one, text), case=text)
        for place, text in enumerate(HOSTILE)
        for one in made.sessions
        if one.case == ("pthread", "asyncio")[place % 2]
    ]
    left_out = replace(runtime("gone", HOSTILE[0]), reason=HOSTILE[1])
    machine = replace(
        made.machine,
        cpu=HOSTILE[0],
        kernel=HOSTILE[5],
        python=HOSTILE[2],
        limits={HOSTILE[1]: HOSTILE[3]},
    )
    return replace(
        made,
        machine=machine,
        command=HOSTILE[1],
        version=HOSTILE[6],
        started=HOSTILE[0],
        cases=(*runtimes, left_out),
        sessions=tuple(sweeps),
        warnings=HOSTILE,
    )


def _hostile(one: Session, text: str) -> Session:
    """The sweep with a harmful limit that stopped it, a harmful unit, and harmful doubts."""
    harm = counter(text, 5, 1.0, 100, text)
    stop = replace(
        one.stop, status="refused", limit=text, where=text, message=text, evidence=(text,)
    )
    assert one.hello
    hello = replace(one.hello, unit=text, version=text, facts={text: text})
    return replace(one, stop=stop, hello=hello, limits=(harm, *one.limits), warnings=(text,))
