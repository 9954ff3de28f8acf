"""The explanation: every number is a value of the result, and no more is said than it bears."""

from __future__ import annotations

import functools
import re
from importlib.resources import files

import pytest
from msgspec.structs import replace

from bench.derive.metrics import Metric, figures
from bench.errors import UsageError
from bench.model.records import Result, Session, Status
from reports.digest import Digest, digest
from reports.explanation.explain import explain, portion
from reports.explanation.text import (
    Explanation,
    Name,
    Sentence,
    as_markdown,
    as_text,
    render,
)
from reports.wording.escape import many
from tests.support.results import MEMINFO, PTHREAD, Unit, altered, result, sweep, whole_run
from tests.support.runs import (
    HOSTILE,
    UNITS,
    every_runtime,
    hostile_run,
    memory,
    ran,
    run_of,
    runtime,
    thread_limits,
)

DARK = Unit(kernel=None, kernel_stack=None)
STRANGERS = ("fiber", "Java virtual thread", "Erlang process", "coroutine", "promise")


def cases() -> dict[str, Result]:
    """Results of every sort that a text is made from."""
    alone = {f"{name} alone": run_of(name) for name in UNITS}
    steps = {
        f"{name}, one step": result(sweep((100,), runtime=name), runtimes=[runtime(name)])
        for name in (*UNITS, "fiber")
    }
    dark = {f"{name}, no kernel memory": run_of(name, unit=DARK) for name in UNITS}
    ends = {f"{status} at a limit": _ended(status) for status in ("refused", "killed", "reserve")}
    return {
        **alone,
        **steps,
        **dark,
        **ends,
        "every runtime": every_runtime(),
        "every runtime and strangers": run_of(*UNITS, *STRANGERS),
        "strangers": run_of(*STRANGERS),
        "threads": run_of("pthread", "threading"),
        "tasks": run_of("goroutine", "asyncio", "trio"),
        "no limits": run_of(*UNITS, limits=()),
        "one sweep": run_of("pthread", "asyncio", short=1),
        "climbs only": run_of("pthread", "asyncio", short=0),
        "whole run": whole_run(),
        "nothing of anything": result(sweep((), status="refused", limit="pids.max")),
        "weighed unlike": result(
            *ran("pthread"), *ran("asyncio", Unit(user=1152, kernel=2, kernel_source=MEMINFO))
        ),
        "a heavy task": result(*ran("pthread"), *ran("asyncio", Unit(user=50_000))),
        "an equal task": result(*ran("pthread"), *ran("asyncio", PTHREAD)),
        "hostile": hostile_run(),
    }


def _ended(status: str) -> Result:
    limit = "vm.max_map_count"
    threads = ran("threading", limits=thread_limits(2.84), status=status, limit=limit)  # type: ignore[arg-type]
    return result(*threads, *ran("asyncio"), runtimes=[runtime("threading"), runtime("asyncio")])


CASES = cases()


def digested(made: Result) -> Digest:
    return digest(made, figures(made))


def told(made: Result) -> Explanation:
    return explain(digested(made))


@functools.cache
def case(name: str) -> tuple[Digest, Explanation]:
    """A case's digest and its text, made once."""
    made = digested(CASES[name])
    return made, explain(made)


def said(made: Result) -> str:
    """The whole text on one line."""
    return " ".join(sentence.text for sentence in told(made).sentences)


# Numbers


@pytest.mark.parametrize("name", CASES)
def test_every_number_is_made_from_values_of_the_result_with_their_doubts(name: str) -> None:
    made, text = case(name)
    numbers = [number for sentence in text.sentences for number in sentence.numbers]
    assert numbers
    for number in numbers:
        assert number.of
        for source in number.of:
            if isinstance(source, Metric):
                assert source in made.metrics
                assert source.doubt is None or number.doubt or number.value == source.overhead
        if len(number.of) == 1:
            assert number.value in _values(number.of[0])


@pytest.mark.parametrize("name", CASES)
def test_every_digit_of_the_text_is_found_in_the_tables(name: str) -> None:
    made, text = case(name)
    words = {
        word
        for titled in made.tables
        for row in titled.table.words
        for cell in row
        for word in _figures(cell)
    }
    said = " ".join(map(_without_names, text.sentences))
    assert _figures(said) - words == set()


def test_the_template_has_no_number_of_its_own() -> None:
    template = files("reports.explanation").joinpath("explanation.txt.j2").read_text("utf-8")
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", template, flags=re.DOTALL)
    assert len(text.split()) > 500
    assert not re.search(r"\d", text)


def _values(source: object) -> list[float | None]:
    """The numbers that a metric, a limit, an allowance or a population holds."""
    names = ("value", "overhead", "take", "units", "futex_slots")
    held = [getattr(source, name, None) for name in names]
    return [*held, *(quantile.value for quantile in getattr(source, "quantiles", ()))]


def _figures(text: str) -> set[str]:
    """`34.8 KiB` and `1,000,000`: numbers with the unit that stands behind them."""
    return set(re.findall(r"\d[\d.,]*\d|\d", text))


def _without_names(sentence: Sentence) -> str:
    return "".join(str(piece) for piece in sentence.pieces if not isinstance(piece, Name))


# Length and language


@pytest.mark.parametrize("name", CASES)
def test_the_text_has_250_to_900_words(name: str) -> None:
    _, text = case(name)
    assert 250 <= text.words <= 900
    assert text.words == len([word for word in as_text(text).split() if word.strip("=-")])


@pytest.mark.parametrize("name", [name for name in CASES if name != "hostile"])
def test_sentences_are_whole_short_and_clean(name: str) -> None:
    for sentence in case(name)[1].sentences:
        text = sentence.text
        assert text[-1] in ".", text
        assert text.count(". ") == 0, text
        assert not re.search(r"  | [,.;:]|\(\)|None|\{|\}|,,|\.\.$", text), text
        assert not re.search(r"\b(\w+) \1\b", text), text
        assert len(text.split()) <= 36, text


@pytest.mark.parametrize(
    ("label", "plural"),
    [
        ("OS thread (C)", "OS threads (C)"),
        ("goroutine on its own thread", "goroutines on their own threads"),
        ("Erlang process", "Erlang processes"),
        ("strand box", "strand boxes"),
        ("fibre bundle entry", "fibre bundle entries"),
        ("Tcl relay", "Tcl relays"),
        ("tasklets", "tasklets"),
        ("a very long label that is…", "a very long label that is…"),
        ("y", "ys"),
        ("", "s"),
    ],
)
def test_several_are_named_in_the_plural(label: str, plural: str) -> None:
    assert many(label) == plural


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "next to nothing"),
        (0.1, "about a tenth"),
        (0.2, "about a fifth"),
        (0.238, "about a quarter"),
        (1 / 3, "about a third"),
        (0.5, "about half"),
        (2 / 3, "about two thirds"),
        (0.75, "about three quarters"),
        (0.9, "most of it"),
        (0.99, "nearly all"),
    ],
)
def test_a_share_is_told_in_words(share: float, words: str) -> None:
    assert portion(share) == words


# What is said, and what is not


def sentences(made: Result, *words: str) -> list[str]:
    """The sentences that hold all these words."""
    texts = [sentence.text for sentence in told(made).sentences]
    return [text for text in texts if all(word in text for word in words)]


def test_the_parts_of_a_thread_are_told_with_their_costs() -> None:
    text = said(every_runtime())
    for part in (
        "Of the 34.8 KiB that one OS thread (C) takes, 8.28 KiB is user memory",
        "It reserves 8.00 MiB of addresses",
        "16.0 KiB is its kernel stack",
        "4.04 KiB goes into page tables",
        "6.52 KiB goes into other kernel records",
        "One threading.Thread takes 43.1 KiB: it is an OS thread",
        "For one OS thread (C) RSS shows 8.40 KiB of 34.8 KiB: about a quarter.",
        "For one asyncio task RSS shows 1.12 KiB of 1.13 KiB: nearly all.",
    ):
        assert part in text


def test_the_counters_are_those_that_this_run_recorded() -> None:
    text = said(every_runtime())
    for counter in (
        "kernel.threads-max allows 192,730 threads on the whole machine.",
        "kernel.pid_max allows thread numbers below 32,768",
        "pids.max and RLIMIT_NPROC set no limit here.",
        "vm.max_map_count allows a process 65,530 mappings",
        "One OS thread (C) takes 2 of them.",
        "Tasks do not count against thread limits: this run saw none that did.",
    ):
        assert counter in text


def test_a_counter_that_could_not_be_read_leaves_the_first_limit_unknown() -> None:
    whole = every_runtime()
    sweeps = tuple(
        replace(one, limits=tuple(replace(x, known=x.name != "pids.max") for x in one.limits))
        for one in whole.sessions
    )
    text = said(replace(whole, sessions=sweeps))
    assert "How many threads pids.max would allow could not be read." in text
    assert "Which limit would stop OS threads (C) is unknown in this run." in text


def test_the_reason_is_a_counter_for_the_one_and_memory_for_the_other() -> None:
    text = said(every_runtime())
    for reason in (
        "OS threads (C) would hit kernel.pid_max first, at 32,456 (projected).",
        "Memory alone would allow 685,215.",
        (
            "asyncio tasks would hit MemAvailable (the memory that the machine has left) first, at "
            "19,273,901 (projected)."
        ),
        "So a kernel counter limits threads, and memory limits tasks.",
    ):
        assert reason in text


@pytest.mark.parametrize("status", ["refused", "killed"])
def test_a_limit_that_was_reached_did_stop_the_launch(status: Status) -> None:
    assert "vm.max_map_count stopped threading.Threads at 30,000." in said(_ended(status))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("max", "This run kept 1,000,000 alive and reached its cap."),
        ("budget", "This run kept 1,000,000 alive and ran out of time."),
        ("reserve", "This run kept 1,000,000 alive and stopped at the safety reserve."),
        ("failed", "This run kept 1,000,000 alive until their runner failed."),
        ("interrupted", "This run kept 1,000,000 alive until it was interrupted."),
    ],
)
def test_why_a_climb_ended_is_told(status: Status, words: str) -> None:
    assert words in said(run_of("asyncio", status=status))


def test_no_more_is_concluded_than_the_limits_bear() -> None:
    few = run_of("pthread", "asyncio", limits=(memory("MemAvailable", 2**30, 1000.0, 9_000),))
    assert "kernel counter limits threads" not in said(few)
    assert "Which limit would stop asyncio tasks is unknown" in said(run_of("asyncio", limits=()))
    assert "counter is full before" not in said(
        result(*ran("pthread"), *ran("asyncio", limits=(memory("memory.max", 2**30, 1e5, 9_000),)))
    )


def test_the_title_claims_what_the_run_bears() -> None:
    assert told(every_runtime()).title == "Why tasks outnumber threads"
    assert told(CASES["a heavy task"]).title == "What threads and tasks cost"
    assert told(CASES["weighed unlike"]).title == "What threads and tasks cost"
    assert told(run_of("asyncio")).title == "What a task costs"
    assert told(run_of("threading")).title == "What a thread costs"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("every runtime", "So 31 asyncio tasks take as much memory as one thread."),
        ("an equal task", "So both take about the same memory."),
        ("a heavy task", "So the task takes more memory than the thread."),
    ],
)
def test_thread_and_task_are_weighed_against_each_other(name: str, words: str) -> None:
    assert words in said(CASES[name])


def test_units_weighed_unlike_are_not_weighed_against_each_other() -> None:
    assert "So" not in " ".join(sentences(CASES["weighed unlike"], "as much memory as one thread"))


@pytest.mark.parametrize("name", [*UNITS, "fiber"])
def test_a_runtime_that_did_not_run_is_not_spoken_of(name: str) -> None:
    others = ("pthread", "asyncio") if name in ("trio", "fiber") else ("threading", "trio")
    made = run_of(*(other for other in others if other != name))
    left_out = replace(runtime(name, f"{name} unit"), reason="it is not here")
    text = said(replace(made, cases=(*made.cases, left_out)))
    assert f"{name} unit" not in text
    assert text == said(made)


PECULIAR = {
    "goroutine": ("copies the old one into it", "The runtime does interrupt goroutines"),
    "greenlet": ("share the C stack of their thread",),
    "gevent": ("The hub of gevent",),
    "asyncio": ("its Task and the Future",),
    "trio": ("Its nursery keeps it",),
}


@pytest.mark.parametrize("name", PECULIAR)
def test_what_a_task_is_made_of_is_told_of_those_that_ran_alone(name: str) -> None:
    with_it, without = said(run_of("pthread", name)), said(run_of("pthread"))
    for words in PECULIAR[name]:
        assert words in with_it
        assert words not in without
    others = [words for other in PECULIAR if other != name for words in PECULIAR[other]]
    assert [words for words in others if words in with_it] == []


def test_those_that_nothing_interrupts_are_named_and_goroutines_are_not() -> None:
    (text,) = sentences(every_runtime(), "Nothing interrupts")
    assert "greenlets (raw), gevent greenlets, asyncio tasks and trio tasks" in text
    assert sentences(run_of("goroutine"), "Nothing interrupts") == []
    assert sentences(run_of("fiber"), "interrupts", "is not known here") != []


def test_the_collector_s_share_is_told_where_it_is_known() -> None:
    took = (
        "In a burst on top of units that already wait it takes 2.00 µs of the 20.0 µs that "
        "launching one asyncio task takes."
    )
    assert took in said(run_of("asyncio"))
    once = result(*[sweep((100_000,), number=number) for number in range(6)])
    assert "In a burst in a new process it takes 1.00 µs of the 10.0 µs that launching one" in (
        said(once)
    )
    silent = [
        replace(one, steps=tuple(altered(step, gc_seconds=None) for step in one.steps))
        for one in ran("goroutine")
    ]
    both = result(*silent, *ran("asyncio"), runtimes=[runtime("goroutine"), runtime("asyncio")])
    assert "Its share is unknown for goroutines." in said(both)
    alone = result(*silent, runtimes=[runtime("goroutine")])
    assert "The garbage collector's share of a launch is unknown" in said(alone)


def test_unknown_figures_are_said_to_be_unknown() -> None:
    text = said(run_of("pthread", unit=DARK))
    assert "The total memory of one OS thread (C) is unknown in this run." in text
    assert "The memory of its kernel stack and other kernel records is unknown" in text
    assert "0.977 KiB is user memory" in text
    assert "The memory of one asyncio task is unknown" in said(CASES["asyncio, one step"])
    assert "Unknown does not mean zero" in text
    assert "unknown" not in said(run_of("pthread", "threading", "asyncio")).replace(
        "could not be read", ""
    )


def test_too_few_sweeps_for_an_interval_are_told() -> None:
    doubt = "Too few repeats were made for the confidence intervals of some costs."
    assert doubt in said(CASES["one sweep"])
    assert doubt not in said(run_of("asyncio"))


def test_a_task_that_takes_threads_is_told_apart_from_those_that_take_none() -> None:
    made = result(*ran("asyncio"), *ran("promise", limits=thread_limits()))
    text = said(made)
    assert "Of the tasks of this run, asyncio tasks do not count against thread limits." in text
    assert "One promise takes 1 of kernel.pid_max." in text


def test_where_nothing_ran_there_is_nothing_to_explain() -> None:
    for made in (result(), result(sweep((), status="failed"))):
        assert "nothing to explain" in said(made)
        assert told(made).words < 50


def test_a_unit_that_could_not_be_launched_at_all_is_told() -> None:
    text = said(CASES["nothing of anything"])
    assert "No asyncio task could be launched." in text
    assert "pids.max stopped asyncio tasks at 0." in text


# How it is shown


def test_lines_are_as_wide_as_the_terminal_and_no_number_leaves_its_unit() -> None:
    for width in (40, 60, 80):
        lines = as_text(told(every_runtime()), width).splitlines()
        assert max(map(len, lines)) <= width
        assert [line for line in lines if re.match(r"(KiB|B|µs|ns)\b", line)] == []
    assert max(map(len, as_text(told(every_runtime()), 200).splitlines())) <= 88


def test_the_text_begins_with_its_title_and_ends_with_a_newline() -> None:
    lines = as_text(told(every_runtime())).splitlines(keepends=True)
    assert lines[:5] == [
        "Why tasks outnumber threads\n",
        "===========================\n",
        "\n",
        "What this run found\n",
        "-------------------\n",
    ]
    assert lines[-1].endswith("give other numbers.\n")


def test_markdown_has_headings_and_a_line_a_paragraph() -> None:
    blocks = as_markdown(told(every_runtime())).split("\n\n")
    assert blocks[0] == "# Why tasks outnumber threads"
    assert blocks[1] == "## What this run found"
    assert [block for block in blocks if "\n" in block.rstrip("\n")] == []


def test_there_is_no_other_format() -> None:
    with pytest.raises(UsageError, match=r"no format 'poem'; give --format text\|markdown"):
        render(told(every_runtime()), "poem")


def test_hostile_names_do_no_harm() -> None:
    text, markdown = as_text(told(hostile_run())), as_markdown(told(hostile_run()))
    assert all(line.isprintable() for line in text.splitlines())
    assert "<" not in markdown
    assert not re.search(r"(?<!\\)[`|$~\[]|https?:|www\.", markdown)
    assert any(name.isprintable() and name in text for name in HOSTILE)


# Doubts


def repeats(name: str, short: int, others: float = 0.0, unit: Unit | None = None) -> list[Session]:
    made = ran(name, unit, short=short) if unit else ran(name, short=short)
    return [replace(one, others_share=others) for one in made]


def words_of(*sweeps: Session) -> str:
    names = dict.fromkeys(one.case for one in sweeps)
    return said(result(*sweeps, runtimes=[runtime(name) for name in names]))


WHY = "Do not quote a number with † alone: "


def test_one_repeat_is_not_told_as_a_fact() -> None:
    text = words_of(*repeats("pthread", 6), *repeats("asyncio", 1))
    burst = re.search(
        r"It takes (\S+ \S+) for each OS thread \(C\) and (\S+ \S+) for each",
        text,
    )
    assert burst is not None
    assert ("†" in burst[1], "†" in burst[2]) == (False, True)
    assert f"{WHY}too few samples for an interval." in text


def test_another_task_s_burst_is_told_where_that_of_the_first_is_doubted() -> None:
    text = words_of(*repeats("pthread", 6), *repeats("asyncio", 6, 0.5), *repeats("trio", 6))
    assert re.search(
        r"It takes [^†]+ for each OS thread \(C\) and [^†]+ for each trio task\.",
        text,
    )
    alone = words_of(*repeats("pthread", 6), *repeats("asyncio", 6, 0.5))
    assert re.search(r"and \S+ µs† for each asyncio task", alone)
    assert f"{WHY}the machine did other work meanwhile." in alone


def test_the_title_claims_nothing_of_a_doubted_weight() -> None:
    made = result(*repeats("pthread", 6), *repeats("asyncio", 1))
    assert told(made).title == "What threads and tasks cost"
    assert told(result(*repeats("pthread", 6), *repeats("asyncio", 6))).title == (
        "Why tasks outnumber threads"
    )


def test_a_text_without_doubts_speaks_of_none() -> None:
    assert "†" not in said(CASES["whole run"])


# Starts, and the futex hash


def test_both_starts_are_told_and_the_overhead_in_them() -> None:
    unit = Unit(start_ns=(200,) * 100, awake_ns=(150,) * 100, empty_ns=(40,) * 9)
    told = "One more OS thread (C) starts within 200 ns from idle and 150 ns awake, with 40.0 ns of"
    text = said(result(*ran("pthread", unit), runtimes=[runtime("pthread")]))
    assert told.replace("†", "") in text.replace("†", "")
    assert f"{WHY}measuring overhead is over a quarter of the value." in text
    old = [
        replace(one, steps=tuple(altered(step, awake_latencies=None) for step in one.steps))
        for one in ran("pthread", unit)
    ]
    assert "from idle" not in said(result(*old, runtimes=[runtime("pthread")]))


def crowded(near: int, far: int, slots: int | None, others: float = 0.0) -> Result:
    """A climb of threads whose next start takes `near` ns among 2,000 and `far` among 30,000."""
    climb, *others_ = ran("pthread")
    small = Unit(start_ns=(near,) * 40).step(2000, 1900)
    large = Unit(start_ns=(far,) * 600).step(30_000, 29_000)
    counts = {} if slots is None else {"futex_slots": slots}
    steps = tuple(replace(step, counts=counts) for step in (small, large))
    made = replace(climb, steps=steps, others_share=others)
    return result(made, *others_, runtimes=[runtime("pthread")])


def test_the_futex_hash_is_named_where_starts_grow_and_its_slots_are_crowded() -> None:
    text = said(crowded(100, 250, 16)).replace("†", "")
    assert (
        "In the climb, one more OS thread (C) started within 100 ns awake with 2,000 parked, and "
        "within 250 ns with 30,000."
    ) in text
    assert "That had 16 slots however many threads slept" in text
    assert "(--futex-slots)" in text


@pytest.mark.parametrize(
    "made",
    [
        crowded(100, 140, 16),
        crowded(100, 250, None),
        crowded(100, 250, 16_384),
        crowded(100, 250, 16, others=0.5),
        crowded(250, 100, 16),
    ],
    ids=["hardly grown", "slots unknown", "many slots", "a busy machine", "shrunk"],
)
def test_the_futex_hash_is_not_named_where_the_run_does_not_bear_it(made: Result) -> None:
    assert "futex" not in said(made)
