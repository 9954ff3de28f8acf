"""Acts: what living units do on command, in the runner's words and as seen from outside; and what
else contract 2 lets a runner and its entry say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.clock import RealClock
from bench.engine.budget import Job
from bench.engine.cache import command_of, default_cache
from bench.engine.children import Launch
from bench.engine.fake import Behaviour, FakeRig
from bench.engine.rig import MachineRig
from bench.engine.runner import RunnerBroke, RunnerProcess, act_once
from bench.engine.session import LiveSession
from bench.engine.toolchain import Tools, availability, find_tools
from bench.errors import UsageError
from bench.model.records import Act
from bench.probes import cpu
from bench.system import System
from runners.catalogue import Entry, shipped, stranger
from tests.support.entries import entry
from tests.support.scripts import script


def test_a_session_keeps_its_acts_with_what_was_seen_from_outside() -> None:
    rig = FakeRig({"one": Behaviour(acts=("ring",))})
    live = LiveSession(Job(entry("one"), "climb", 1, (100,)), rig)

    def drive(session: LiveSession) -> None:
        session.grow(100)
        session.measure()
        session.act("ring", {"rounds": "3"})
        session.act("ring", {})

    live.run(drive)
    first, second = live.record(0.0).acts
    assert first == Act(
        name="ring",
        options={"rounds": "3"},
        alive=100,
        took_seconds=1e-3,
        ops=100,
        cpu_seconds=first.cpu_seconds,
        voluntary_switches=100,
        involuntary_switches=0,
    )
    assert first.cpu_seconds == pytest.approx(1e-3)
    assert second.overlap == pytest.approx(1.0)
    assert rig.runners[0].asked == ["grow 100", "act ring rounds=3", "act ring"]


def test_overlap_is_unknown_where_cpu_time_is() -> None:
    assert Act(name="ring", alive=1, took_seconds=1.0).overlap is None
    assert Act(name="ring", alive=1, took_seconds=0.0, cpu_seconds=1.0).overlap is None


def test_switches_are_those_of_all_threads(tmp_path: Path) -> None:
    for thread, (gave, lost) in {7: (1, 2), 8: (10, 20), 9: (100, 200)}.items():
        status = tmp_path / f"proc/7/task/{thread}/status"
        status.parent.mkdir(parents=True)
        status.write_text(
            f"Name:\tx\nvoluntary_ctxt_switches:\t{gave}\nnonvoluntary_ctxt_switches:\t{lost}\n"
        )
    assert cpu.effort(System(tmp_path), 7) == cpu.Effort(None, 111, 222)
    assert cpu.effort(System(tmp_path), 6) == cpu.Effort()


HELLO_2 = (
    'say(\'{"reply": "hello", "contract": 2, "runtime": "script", "version": "1", \''
    '\'"unit": "nothing", "units": ["gate"], "acts": ["ring"]}\')\n'
)
ANSWERS = """
for line in sys.stdin:
    if line.startswith("grow"):
        grow(int(line.split()[1]))
    elif line.startswith("act"):
        say({reply!r})
    else:
        say('{{"reply": "error", "message": "no"}}')
"""


def said(**fields: object) -> str:
    return json.dumps({"reply": "act", "act": "ring", "alive": 7, "took_ns": 5, **fields})


@contextmanager
def started(folder: Path, reply: str) -> Iterator[RunnerProcess]:
    runner = RunnerProcess(
        Launch(script(folder, HELLO_2 + ANSWERS.format(reply=reply))), RealClock()
    )
    try:
        assert runner.hello().acts == ("ring",)
        runner.grow(7, 0)
        yield runner
    finally:
        runner.stop()


def test_an_acts_reply_is_handed_on(tmp_path: Path) -> None:
    with started(tmp_path, said(ops=3, samples={"got_ns": [1, 2]}, outcome="stuck")) as runner:
        reply = runner.act("ring", {"rounds": "1"})
    assert (reply.ops, reply.samples, reply.outcome) == (3, {"got_ns": (1, 2)}, "stuck")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"act": "sing"}, "answered 'act ring' with the act 'sing'"),
        ({"alive": 6}, "answered 'act ring' with 6, not 7"),
        ({"took_ns": 10**13}, "took_ns says 10,000.0 s"),
        ({"samples": {"a": [1], "b": []}}, "columns of 0 to 1 numbers; expected equal lengths"),
        ({"reply": "error", "message": "no such act"}, "rejected 'act ring': no such act"),
        ({"reply": "collect"}, "answered 'act ring' with 'collect', not 'act'"),
    ],
)
def test_an_act_that_breaks_the_contract_is_refused(
    tmp_path: Path, fields: dict[str, object], message: str
) -> None:
    with started(tmp_path, said(**fields)) as runner, pytest.raises(RunnerBroke, match=message):
        runner.act("ring", {})


@pytest.mark.parametrize("words", [("ri ng", {}), ("ring", {"a": "b c"}), ("ring\n", {})])
def test_what_is_more_than_one_word_is_not_said(
    tmp_path: Path, words: tuple[str, dict[str, str]]
) -> None:
    with started(tmp_path, said()) as runner, pytest.raises(UsageError, match="leave spaces out"):
        runner.act(*words)


COLLECTING = """
say(HELLO.replace('"contract": 1', {hello!r}))
for line in sys.stdin:
    print(line, file=sys.stderr)
    if line == "release\\n":
        say('{{"reply": "release", "alive": 0, "release_ns": 5}}')
    elif line == {command!r}:
        say('{{"reply": "{reply}", "act": "collect", "alive": 0, "took_ns": 5}}')
"""


@pytest.mark.parametrize(
    ("hello", "command", "reply"),
    [
        ('"contract": 1, "collects": "apart"', "collect\n", "collect"),
        ('"contract": 2, "acts": ["collect"]', "act collect\n", "act"),
    ],
)
def test_garbage_is_collected_after_the_release_by_either_contract(
    tmp_path: Path, hello: str, command: str, reply: str
) -> None:
    body = COLLECTING.format(hello=hello, command=command, reply=reply)
    runner = RunnerProcess(Launch(script(tmp_path, body)), RealClock())
    ended: list[str] = []
    try:
        runner.hello()
        runner.release(0, lambda: ended.append(runner.tail()))
        assert (ended, runner.tail().split("\n\n")) == (["release"], ["release", command.strip()])
    finally:
        runner.stop()


@pytest.mark.parametrize(
    ("body", "outcome", "output"),
    [
        (f"say({said(alive=0, outcome='done')!r})", "done", ""),
        (
            "print('all goroutines are asleep', file=sys.stderr); sys.exit(2)",
            "with status 2",
            "all",
        ),
        ("os.kill(os.getpid(), signal.SIGABRT)", "by SIGABRT", ""),
        ("say('nonsense')", "with status 0", ""),
        ("time.sleep(60)", "no end within 1 s", ""),
    ],
)
def test_an_act_alone_ends_in_its_own_way(
    tmp_path: Path, body: str, outcome: str, output: str
) -> None:
    words = "assert sys.argv[1:] == ['act', 'ring', 'lock=plain']\n"
    launch = Launch(script(tmp_path, words + body))
    found = act_once(launch, "ring", {"lock": "plain"}, 1.0, RealClock())
    assert (found.name, found.options, found.outcome) == ("ring", {"lock": "plain"}, outcome)
    assert found.output.startswith(output)


ON_THIRD = """
import io
print("a stray print")
sys.stdout = io.TextIOWrapper(os.fdopen(3, "wb", 0), write_through=True)
"""


def test_a_runner_that_cannot_move_its_output_replies_on_descriptor_3(tmp_path: Path) -> None:
    words = script(tmp_path, ON_THIRD + HELLO_2 + ANSWERS.format(reply=said()))
    runner = RunnerProcess(Launch(words, on_third=True), RealClock())
    try:
        runner.hello()
        assert runner.grow(7, 0).alive == 7
        assert "a stray print" in runner.tail() or runner.act("ring", {})
    finally:
        runner.stop()
    once = script(tmp_path, ON_THIRD + f"say({said(alive=0, ops=9)!r})")
    assert act_once(Launch(once, on_third=True), "ring", {}, 20.0, RealClock()).ops == 9


ENTRY = """
name = "made"
label = "made unit"
kind = "task"
language = "sh"
source = "one.txt"
build = [["shout", "{{source}}", "{{scratch}}/loud"], ["shout", "{{scratch}}/loud", "{{output}}"]]
command = ["{{output}}", "most={{most}}", "{{sh}}"]
needs = ["file:one.txt"]
most = {most}

[tools.shout]
label = "tool that shouts"
find = ["no-such-shout", "shout"]
version = ["version"]
missing = "install shout"

[tools.sh]
label = "shell"
find = ["sh"]
"""


def made(folder: Path, most: int = 1_000) -> Entry:
    (folder / "one.txt").write_text("#!/bin/sh\necho one\n")
    (folder / "made.toml").write_text(ENTRY.format(most=most))
    return stranger(folder / "made.toml")


def test_a_build_may_be_of_several_commands_with_tools_of_the_entrys_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    shout = tmp_path / "bin" / "shout"
    shout.write_text('#!/bin/sh\n[ "$1" = version ] && exit\ncp "$1" "$2"\necho "echo !" >> "$2"\n')
    shout.chmod(0o755)
    one = made(tmp_path)
    missing = "no tool that shouts (no-such-shout or shout) on PATH; type: install shout"
    assert availability(one, Tools("python3")).reason == missing
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert availability(one, Tools("python3")).reason is None
    announced: list[str] = []
    program, *words = command_of(one, Tools("python3"), tmp_path / "cache", announced.append)
    assert Path(program).read_text() == "#!/bin/sh\necho one\necho !\necho !\n"
    assert words[0] == "most={most}"
    assert words[1].endswith("/sh")
    assert announced[0].count("shout ") == 2
    assert " && " in announced[0]


ASKED = 'say(HELLO.replace(\'"version": "1"\', \'"version": "%s"\' % sys.argv[1:]))\ntime.sleep(60)'


@pytest.mark.parametrize(("most", "said"), [(500, "most=500"), (10**9, "most=1000")])
def test_a_runner_is_told_the_largest_count_as_far_as_it_takes_that(
    tmp_path: Path, most: int, said: str
) -> None:
    words = (*script(tmp_path, ASKED), "most={most}")
    one = entry("one", command=words, most=1_000)
    rig = MachineRig(System(), RealClock(), Tools("python3"), tmp_path)
    rig.prepare(one, print)
    with rig.start(one, {"pad": "5"}, most) as subject:
        assert subject.runner.hello().version == f"['{said}', 'pad=5']"


@pytest.mark.slow
@pytest.mark.live
@pytest.mark.parametrize("name", ["asyncio", "threading", "goroutine"])
def test_a_collection_is_seen_from_outside_while_units_are_alive(name: str) -> None:
    one = next(each for each in shipped() if each.name == name)
    rig = MachineRig(System(), RealClock(), find_tools(), default_cache())
    rig.prepare(one, print)
    with rig.start(one, {}) as subject:
        assert "collect" in subject.runner.hello().acts
        subject.runner.grow(500, 1.0)
        act = subject.perform("collect", {})
    assert (act.alive, act.ops, act.outcome) == (500, 1, "done")
    assert act.cpu_seconds is not None
    assert act.cpu_seconds > 0
    assert act.voluntary_switches is not None


@pytest.mark.slow
@pytest.mark.live
@pytest.mark.parametrize(
    ("name", "each"),
    [("asyncio", 1_008), ("trio", 1_008), ("pthread", 1_016), ("goroutine", 1_000)],
)
def test_a_pad_is_memory_of_a_known_size(name: str, each: int) -> None:
    """By what its allocator makes of 1,000 bytes, and its place in a list."""
    one = next(entry for entry in shipped() if entry.name == name)
    rig = MachineRig(System(), RealClock(), find_tools(), default_cache())
    rig.prepare(one, print)
    taken = []
    for settings in ({}, {"pad": "1000"}):
        with rig.start(one, settings) as subject:
            subject.runner.hello()
            readings = []
            for count in (1_000, 5_000):
                subject.runner.grow(count, 1.0)
                subject.monitor.settle()
                readings.append(subject.monitor.memory()["user"].bytes)
        assert None not in readings
        taken.append(((readings[1] or 0) - (readings[0] or 0)) / 4_000)
    assert taken[1] - taken[0] == pytest.approx(each, rel=0.1)
