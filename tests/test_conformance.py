"""Every runner that ships keeps the contract, and one that breaks it is found out. Real ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.clock import RealClock
from bench.engine import conformance
from bench.engine import runner as process
from bench.engine.cache import command_of, default_cache
from bench.engine.children import Launch
from bench.engine.conformance import checks, examine
from bench.engine.toolchain import availability, find_tools
from bench.probes import cpu
from runners.catalogue import Entry, shipped
from tests.support.commands import outnumber_here, stranger
from tests.support.entries import entry
from tests.support.scripts import script

pytestmark = pytest.mark.slow  # a few dozen units at a time, so they need not run alone
TOOLS = find_tools()


@pytest.mark.parametrize("one", shipped(), ids=lambda one: one.name)
def test_every_runner_that_ships_keeps_the_contract(one: Entry) -> None:
    assert availability(one, TOOLS).reason is None
    command = command_of(one, TOOLS, default_cache(), print)
    broken = [o.sentence for o in checks(one, Launch(command), RealClock()) if not o.passed]
    assert broken == []


WELL_BEHAVED = """\
import json, select, threading
os.dup2(1, 9); os.dup2(2, 1)
def say(**reply):
    os.write(9, json.dumps(reply).encode() + b"\\n")
def watch():
    poll = select.poll()
    poll.register(0, 0)
    poll.poll()
    os._exit(0)
threading.Thread(target=watch, daemon=True).start()
if sys.argv[1:]:
    sys.exit(f"no such setting: {sys.argv[1]}")
alive = 0
units = []
ballast = [bytearray(4 << 20)]
say(reply="hello", contract=1, runtime="script", version="1", unit="a bytearray", facts={})
for line in sys.stdin:
    began = time.perf_counter_ns()
    words = line.split()
    number = int(words[1]) if len(words) == 2 and words[1].isdigit() else -1
    if words[:1] == ["grow"] and number >= alive:
        refused = None
        try:
            while len(units) < number:
                units.append(bytearray(3000))
        except MemoryError:
            ballast.clear()
            refused = {"error": "MemoryError"}
        alive = len(units)
        took = time.perf_counter_ns() - began
        say(reply="grow", alive=alive, burst_ns=took, refused=refused)
    elif words[:1] == ["probe"] and 1 <= number <= 1000:
        say(reply="probe", alive=alive, start_ns=[5] * number, empty_ns=[1] * number)
    elif words == ["release"]:
        units.clear()
        alive = 0
        say(reply="release", alive=0, release_ns=7)
    else:
        say(reply="error", message="no command")
os._exit(0)
"""
CONTRACT_2 = (
    (
        'contract=1, runtime="script"',
        'contract=2, units=["gate"], acts=["collect"], runtime="script"',
    ),
    (
        "threading.Thread(target=watch",
        """\
def act(words):
    if words[1:] != ["collect"]:
        say(reply="error", message="no act")
    else:
        say(reply="act", act="collect", alive=alive, took_ns=5, ops=1, counts={"found": 3})
alive = 0
if sys.argv[1:2] == ["act"]:
    act(sys.argv[1:])
    sys.exit(0)
threading.Thread(target=watch""",
    ),
    ("if sys.argv[1:]:", "if sys.argv[1:] not in ([], ['unit=gate'], ['pad=100000']):"),
    ("bytearray(3000)", "bytearray(3000 + 100000 * ('pad=100000' in sys.argv))"),
    (
        '    elif words == ["release"]:',
        '    elif words[:1] == ["act"]:\n        act(words)\n    elif words == ["release"]:',
    ),
)


def of_contract_2() -> str:
    body = WELL_BEHAVED
    for old, new in CONTRACT_2:
        assert old in body
        body = body.replace(old, new, 1)
    return body


SPINNING = "threading.Thread(target=lambda: [0 for _ in iter(int, 1)], daemon=True).start()\n"
SLEEPING = "units.append(threading.Thread(target=time.sleep, args=(9,), daemon=True))"


@dataclass(frozen=True)
class Fault:
    """What is put in the place of what, which check finds it, and how it is told."""

    good: str
    bad: str
    check: conformance.Check
    told: str


HELLO = 'say(reply="hello"'
FAULTS = {
    "no hello": Fault(HELLO, 'say(reply="hallo"', conformance.says_hello, "unknown value 'hallo'"),
    "an empty unit": Fault(
        'unit="a bytearray"', 'unit=" "', conformance.says_hello, "'unit' was empty"
    ),
    "another count": Fault(
        "alive=alive, burst_ns",
        "alive=alive + 1, burst_ns",
        conformance.grows_to_the_count,
        "answered 'grow 20' with 21, not 20",
    ),
    "an invented time": Fault(
        "burst_ns=took",
        "burst_ns=took + 9 * 10**8",
        conformance.times_its_bursts,
        "the reply came after",
    ),
    "too few latencies": Fault(
        "empty_ns=[1] * number",
        "empty_ns=[]",
        conformance.probes_and_leaves_the_population,
        "empty_ns held 0 latencies, not 5",
    ),
    "starts in no time": Fault(
        "start_ns=[5]",
        "start_ns=[0]",
        conformance.probes_and_leaves_the_population,
        "a unit started in no time at all",
    ),
    "a wrong population": Fault(
        'reply="probe", alive=alive',
        'reply="probe", alive=0',
        conformance.probes_and_leaves_the_population,
        "0 were alive after the probe, 20 before",
    ),
    "obeying rubbish": Fault(
        "1 <= number <= 1000",
        "1 <= number",
        conformance.rejects_what_is_no_command,
        "probe 1001",
    ),
    "shrinking": Fault(
        "number >= alive", "number >= 0", conformance.rejects_what_is_no_command, "'grow 19'"
    ),
    "no message": Fault(
        'message="no command"',
        'message=""',
        conformance.rejects_what_is_no_command,
        "the error for 'sing' had no message",
    ),
    "units that spin": Fault(
        HELLO, SPINNING + HELLO, conformance.parks_its_units, "its units spin"
    ),
    "threads for tasks": Fault(
        "units.append(bytearray(3000))",
        SLEEPING + "; units[-1].start()",
        conformance.is_of_its_kind,
        "50 kernel threads more with 50 units, 0 were expected",
    ),
    "prints on the protocol": Fault(
        "os.dup2(2, 1)", "pass", conformance.keeps_prints_off_the_protocol, "descriptor 1 was pipe"
    ),
    "a silent death at the limit": Fault(
        "ballast.clear()",
        "os._exit(3)",
        conformance.refuses_without_dying,
        "died without a word",
    ),
    "any setting": Fault(
        "if sys.argv[1:]:",
        "if False:",
        conformance.ends_at_an_unknown_setting,
        "it said hello when started with no-such-setting=1",
    ),
    "a setting refused without a word": Fault(
        'sys.exit(f"no such setting: {sys.argv[1]}")',
        "os._exit(1)",
        conformance.ends_at_an_unknown_setting,
        "it ended without a word",
    ),
    "a setting refused with status 0": Fault(
        'sys.exit(f"no such setting: {sys.argv[1]}")',
        "sys.exit(0)",
        conformance.ends_at_an_unknown_setting,
        "its status was 0",
    ),
    "no word of the refusal": Fault(
        'refused = {"error": "MemoryError"}',
        "refused = None",
        conformance.refuses_without_dying,
        "answered 'grow 1000000' with",
    ),
    "living on": Fault(
        "os._exit(0)", "time.sleep(60)", conformance.ends_with_its_input, "still there 0.2 s later"
    ),
}


FAULTS_OF_2 = {
    "no gate": Fault(
        'units=["gate"]', 'units=["own"]', conformance.declares_its_units, "'units' were own"
    ),
    "another unit than it says": Fault(
        'unit="a bytearray"',
        'unit=f"a bytearray {sys.argv}"',
        conformance.declares_its_units,
        "another unit came with unit=gate",
    ),
    "any unit": Fault(
        "not in ([], ['unit=gate']",
        "not in ([], sys.argv[1:], ['unit=gate']",
        conformance.declares_its_units,
        "it said hello when started with unit=no-such-unit",
    ),
    "any act": Fault(
        'if words[1:] != ["collect"]',
        "if not words[1:]",
        conformance.rejects_what_is_no_act,
        "answered 'act no-such-act' with 'act', not 'error'",
    ),
    "a population lost in an act": Fault(
        "alive=alive, took_ns",
        "alive=0, took_ns",
        conformance.collects_on_command,
        "answered 'act collect' with 0, not 20",
    ),
    "a reader where one act is all": Fault(
        'if sys.argv[1:2] == ["act"]',
        "if False",
        conformance.collects_on_command,
        "act collect as its whole command line ended with status 1: no such setting: act",
    ),
    "no pad": Fault(
        "100000 * (", "0 * (", conformance.holds_its_pads, "50 units with pad=100000 took"
    ),
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lasts for ever is found, and ended, sooner. Not for checks that are to pass."""
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.1)
    monkeypatch.setattr(conformance, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(cpu, "PATIENCE_SECONDS", 0.5)


def test_a_well_behaved_stranger_keeps_the_contract(tmp_path: Path) -> None:
    found = checks(entry("script"), Launch(script(tmp_path, WELL_BEHAVED)), RealClock())
    assert [outcome.sentence for outcome in found if not outcome.passed] == []


def test_a_well_behaved_stranger_keeps_contract_2(tmp_path: Path) -> None:
    padded = entry("script", settings=("pad",))
    found = [*checks(padded, Launch(script(tmp_path, of_contract_2())), RealClock())]
    assert [outcome.sentence for outcome in found if not outcome.passed] == []
    assert len(found) == len(conformance.CHECKS) + len(conformance.CHECKS_OF_2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", [*FAULTS, *FAULTS_OF_2])
def test_a_fault_is_found_and_told(tmp_path: Path, name: str) -> None:
    fault, body = (FAULTS | FAULTS_OF_2)[name], WELL_BEHAVED if name in FAULTS else of_contract_2()
    assert fault.good in body
    command = script(tmp_path, body.replace(fault.good, fault.bad))
    padded = entry("script", settings=("pad",))
    outcome = examine(fault.check, padded, Launch(command), RealClock())
    assert not outcome.passed
    assert fault.told in outcome.sentence


def in_a_burst(folder: Path, *replacements: tuple[str, str]) -> str:
    """What is said of the end of input in a burst, the program's lines being replaced."""
    body = WELL_BEHAVED
    for good, bad in replacements:
        assert good in body
        body = body.replace(good, bad, 1)
    check = conformance.ends_with_its_input_in_a_burst
    outcome = examine(check, entry("script"), Launch(script(folder, body)), RealClock())
    return "passed" if outcome.passed else outcome.sentence


LAUNCHING = "while len(units) < number:"
WATCHING = "    poll.poll()\n    os._exit(0)"


@pytest.mark.usefixtures("impatient")
def test_living_on_in_a_burst_is_found(tmp_path: Path) -> None:
    hanging = (LAUNCHING, "while not time.sleep(60):")
    told = in_a_burst(tmp_path, (WATCHING, "    pass"), hanging)
    assert "still there 0.2 s later" in told


def test_going_on_with_a_burst_after_the_end_of_input_is_found(tmp_path: Path) -> None:
    watching = "    poll.poll()\n    units.extend('1234567')"
    waiting = (LAUNCHING, "while len(units) < 7: time.sleep(0.01)\n            while False:")
    told = in_a_burst(tmp_path, (WATCHING, watching), waiting)
    assert "it went on, to 7 units" in told


def test_a_refusal_before_the_end_of_input_leaves_no_burst_to_end(tmp_path: Path) -> None:
    refusing = (LAUNCHING, f"if number > 50: raise MemoryError\n            {LAUNCHING}")
    assert in_a_burst(tmp_path, refusing) == "passed"


def test_a_strangers_runner_is_checked_by_a_command(tmp_path: Path) -> None:
    done = outnumber_here("runtimes", "--check", str(stranger(tmp_path, WELL_BEHAVED)))
    *lines, last = done.stdout.splitlines()
    assert len(lines) == len(conformance.CHECKS)
    assert all(line.startswith("ok    ") for line in lines)
    assert last == "strange keeps the contract"


def test_the_command_ends_with_4_where_the_contract_is_broken(tmp_path: Path) -> None:
    mute = stranger(tmp_path, "sys.exit('oh')")
    done = outnumber_here("runtimes", "--check", str(mute), code=4)
    (line,) = done.stdout.splitlines()
    assert line.startswith("FAIL  Says hello")
    assert "strange breaks the contract in one place, listed above" in done.stderr


def test_where_there_is_no_hello_nothing_else_is_tried(tmp_path: Path) -> None:
    found = list(checks(entry("script"), Launch(script(tmp_path, "sys.exit(4)")), RealClock()))
    assert len(found) == 1
    assert "ended with status 4" in found[0].sentence
