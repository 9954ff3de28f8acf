"""A result in other tools' formats: what stands in them, under which name, and what does not."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Sequence
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from bench.cli.export import Direction, Format
from bench.errors import UsageError
from bench.model.records import Result
from reports.exports.formats import FORMATS, ONE_DIRECTION, export
from reports.exports.github_action_benchmark import DIRECTIONS
from reports.exports.metrics import Exported, metrics_of, reasons_left_out
from reports.exports.pytest_benchmark import _stats
from tests.support import gobench
from tests.support.results import ASYNCIO, Unit, leak_sweep, result, runtime, sweep, whole_run

HOSTILE = (
    'ev|il`<b>\x1b[31m\u202e\n=x"',
    'ev|il`<b>\x1b[31m\u202e\r=x"',
    "",
    " ",
    "\n",
    "two words",
    "two_words",
    "a/b",
    "a/bytes_per_unit/total",
    "trio-4",
    "n" * 3000,
    "n" * 3001,
    "Ünïcödé",
    "123e4567-e89b-12d3-a456-426614174000",
    "x-bencher-ignore",
    "x_bencher_ignore",
    "xBencherIgnore",
    "=HYPERLINK(1)",
    "two_words~0123456789abcdef",
)
ALL = "pthread, threading, goroutine, asyncio"
# `n` is the count that a repeat, a burst or a cycle of the leak check was asked to reach.
OF_ASYNCIO = [
    "asyncio/bytes_per_unit/total/n=100000",
    "asyncio/bytes_per_unit/user/n=100000",
    "asyncio/bytes_per_unit/kernel/n=100000",
    "asyncio/bytes_per_unit/kernel_stack/n=100000",
    "asyncio/bytes_per_unit/page_tables/n=100000",
    "asyncio/bytes_per_unit/kernel_other/n=100000",
    "asyncio/bytes_per_unit/rss/n=100000",
    "asyncio/fixed_bytes/n=100000",
    "asyncio/leaked_bytes_per_unit/n=2000",
    "asyncio/uncollected_bytes_per_unit/n=2000",
    "asyncio/burst_seconds_per_unit/n=10000",
    "asyncio/marginal_burst_seconds_per_unit/n=100000",
    "asyncio/longest_spawn_seconds/n=100000",
    "asyncio/user_seconds_per_unit/n=100000",
    "asyncio/system_seconds_per_unit/n=100000",
    "asyncio/gc_seconds_per_unit/n=100000",
    "asyncio/page_faults_per_unit/n=100000",
    "asyncio/start_latency_seconds/0.5/n=100000",
    "asyncio/start_latency_seconds/0.9/n=100000",
    "asyncio/start_latency_seconds/0.99/n=100000",
    "asyncio/start_latency_seconds/1/n=100000",
    "asyncio/awake_start_latency_seconds/0.5/n=100000",
    "asyncio/awake_start_latency_seconds/0.9/n=100000",
    "asyncio/awake_start_latency_seconds/0.99/n=100000",
    "asyncio/awake_start_latency_seconds/1/n=100000",
    "asyncio/release_seconds_per_unit/n=100000",
    "asyncio/ceiling",
]


def hostile() -> Result:
    """A run whose every text is meant to do harm."""
    evil = HOSTILE[0]
    machine = replace(whole_run().machine, kernel=evil, cpu=f"{evil}\nBenchmarkX 1 1 B", system=" ")
    sweeps = [sweep(runtime=name, number=n) for name in HOSTILE for n in (1, 2)]
    sweeps += [
        sweep(runtime=name, purpose="climb", status="refused", limit=evil) for name in HOSTILE
    ]
    made = result(*sweeps, runtimes=[replace(runtime(name), label=evil) for name in HOSTILE])
    return replace(made, machine=machine, version=evil, started="\n", command=evil)


def text_of(made: Result, format_: str) -> str:
    text = export(made, format_).text
    assert text is not None
    return text


def lines(made: Result, format_: str) -> list[str]:
    return reasons_left_out(export(made, format_).left_out)


def known(made: Result) -> dict[str, Exported]:
    return {one.full_name: one for one in metrics_of(made) if one.metric.value is not None}


def names(format_: str, text: str) -> list[str]:
    """The name of every figure in a file, as far as a format has it in one piece."""
    if format_ == "go":
        lines = dict.fromkeys(one.name for one in gobench.read(text).results)
        return [re.sub(r"(^Outnumber/)|(runtime|metric|part|quantile)=", "", one) for one in lines]
    tree = json.loads(text)
    if format_ == "bencher":
        return [f"{name}/{measure}" for name, measures in tree.items() for measure in measures]
    entries = tree if isinstance(tree, list) else tree["benchmarks"]
    return [entry.get("name") or entry["metadata"]["name"] for entry in entries]


def test_the_command_offers_the_formats_that_there_are() -> None:
    assert [*get_args(Format)] == list(FORMATS)
    assert [*get_args(Direction)] == list(DIRECTIONS)


def test_a_figure_has_one_name_in_all_formats() -> None:
    assert [name for name in known(whole_run()) if name.startswith("asyncio")] == OF_ASYNCIO
    everything = list(known(whole_run()))
    for format_ in FORMATS:
        assert set(names(format_, text_of(whole_run(), format_))) <= set(everything)
    assert names("go", text_of(whole_run(), "go")) == everything
    assert names("bencher", text_of(whole_run(), "bencher")) == everything


def test_figures_at_unlike_numbers_of_units_are_not_called_alike() -> None:
    default = result(*[sweep(number=n) for n in (1, 2)])
    quick = result(*[sweep((500, 5_000), number=n) for n in (1, 2)])
    assert known(default).keys() & known(quick).keys() == {"asyncio/ceiling"}


def test_what_a_climb_happened_to_reach_is_no_part_of_a_name() -> None:
    one = result(sweep((10, 1_000, 20_321), purpose="climb"))
    other = result(sweep((10, 1_000, 19_984), purpose="climb"))
    assert list(known(one)) == list(known(other))
    assert "asyncio/bytes_per_unit/total/climb" in known(one)
    assert not known(one).keys() & set(OF_ASYNCIO) - {"asyncio/ceiling"}


@pytest.mark.parametrize("format_", FORMATS)
def test_names_that_mean_harm_are_made_safe_and_stay_apart(format_: str) -> None:
    text = text_of(hostile(), format_)
    assert all(character.isprintable() or character == "\n" for character in text)
    said = names(format_, text)
    assert len(set(said)) == len(said)
    assert len(said) >= len(HOSTILE) * 11
    assert len({name.partition("/")[0] for name in said}) == len(HOSTILE) == len(set(HOSTILE))
    assert max(len(name.encode()) for name in said) < 150
    assert all(re.fullmatch(r"[A-Za-z0-9._+~=/-]+", name) for name in said)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_name_does_not_depend_on_what_else_is_in_the_result(format_: str) -> None:
    alone = result(*[one for one in hostile().sessions if one.case == HOSTILE[0]])
    both = names(format_, text_of(hostile(), format_))
    assert set(names(format_, text_of(alone, format_))) < set(both)


@pytest.mark.parametrize("name", ["trio-4", "two_words", "Goroutine.locked+x"])
def test_a_name_that_a_catalogue_would_take_is_kept(name: str) -> None:
    assert f"{name}/ceiling" in known(result(sweep(runtime=name)))


def test_a_value_is_exact_and_every_sample_is_there() -> None:
    """In seconds and bytes: 1/3 of a microsecond survives to its last bit."""
    units = [
        Unit(user=1000 + n / 3, burst=1e-6 / 3 * n, marginal=1e-6 / 7 * n) for n in range(1, 8)
    ]
    made = result(*[sweep(unit=unit, number=n) for n, unit in enumerate(units)])
    behind = {
        figure.full_name: list(figure.samples)
        for figure in metrics_of(made)
        if figure.metric.value is not None
    }
    assert len(behind["asyncio/burst_seconds_per_unit/n=10000"]) == 7
    for format_, samples in (
        ("pyperf", of_pyperf(text_of(made, "pyperf"))),
        ("go", of_go(text_of(made, "go"))),
        ("pytest-benchmark", of_pytest(text_of(made, "pytest-benchmark"))),
    ):
        assert len(samples) > 8, format_
        assert samples.items() <= behind.items(), format_
    for entry in json.loads(text_of(made, ONE_DIRECTION)):
        assert entry["value"] == statistics.median(behind[entry["name"]])
    for runtime_, measures in json.loads(text_of(made, "bencher")).items():
        for measure, value in measures.items():
            assert value["value"] == statistics.median(behind[f"{runtime_}/{measure}"])


def of_pyperf(text: str) -> dict[str, list[float]]:
    return {
        one["metadata"]["name"]: [value for run in one["runs"] for value in run["values"]]
        for one in json.loads(text)["benchmarks"]
    }


def of_pytest(text: str) -> dict[str, list[float]]:
    return {one["name"]: one["stats"]["data"] for one in json.loads(text)["benchmarks"]}


def of_go(text: str) -> dict[str, list[float]]:
    samples: dict[str, list[float]] = {}
    for line in gobench.read(text).results:
        name = re.sub(r"(^Outnumber/)|(runtime|metric|part|quantile)=", "", line.name)
        samples.setdefault(name, []).extend(line.values.values())
    return samples


@pytest.mark.parametrize("format_", FORMATS)
def test_an_unknown_figure_is_left_out_by_name_and_never_a_0(format_: str) -> None:
    unknown = Unit(kernel=None, fixed=1)
    made = result(*[sweep(unit=unknown, number=n) for n in (1, 2)])
    text = text_of(made, format_)
    assert "null" not in text
    assert not [name for name in names(format_, text) if "/total" in name or "leaked" in name]
    said = lines(made, format_)
    assert "left out: bytes_per_unit/total of asyncio: unknown" in said
    assert "left out: leaked_bytes_per_unit of asyncio: unknown" in said


@pytest.mark.parametrize("format_", FORMATS)
def test_where_nothing_is_left_there_is_no_text(format_: str) -> None:
    made = export(result(sweep((), status="failed")), format_)
    assert made.text is None
    assert "left out: ceiling of asyncio: unknown" in reasons_left_out(made.left_out)
    assert all(line.endswith(": unknown") for line in reasons_left_out(made.left_out))
    assert export(result(), format_).text is None


def test_runtimes_are_named_together_and_harmlessly() -> None:
    made = result(sweep((), status="failed"), sweep((), status="failed", runtime=HOSTILE[0]))
    assert 'left out: ceiling of asyncio, ev|il`<b>[31m =x": unknown' in lines(made, "bencher")


@pytest.mark.parametrize("format_", ["pyperf", "pytest-benchmark", "go"])
def test_a_sample_of_another_source_is_left_out_by_name(format_: str) -> None:
    sweeps = [sweep(number=n) for n in (1, 2)]
    other = sweep((10_000, 100_000), Unit(kernel_source="meminfo"), number=3)
    said = lines(result(*sweeps, other), format_)
    odd = "left out: bytes_per_unit/total of asyncio: 1 of 3 samples, unknown or of another source"
    assert (odd in said) == (format_ != "pytest-benchmark")


@pytest.mark.parametrize("format_", ["pyperf", "pytest-benchmark", "go"])
def test_the_machine_and_the_settings_are_told_as_far_as_known(format_: str) -> None:
    plan = replace(whole_run().plan, settings={"stack-size": "65536", "a": "b\nBenchmarkX 1 1 B"})
    machine = replace(whole_run().machine, cpu=None, cpus=None)
    told_ = conditions_in(
        format_, text_of(replace(whole_run(), plan=plan, machine=machine), format_)
    )
    assert told_["settings"] == "a=b BenchmarkX 1 1 B stack-size=65536"
    assert not [name for name, value in told_.items() if "cpu" in name and value]
    whole = conditions_in(format_, text_of(whole_run(), format_))
    assert "settings" not in whole
    assert "Some CPU" in str(whole)


def conditions_in(format_: str, text: str) -> dict[str, object]:
    if format_ == "go":
        return dict(gobench.read(text).configuration)
    return dict(json.loads(text)["metadata" if format_ == "pyperf" else "machine_info"])


class TestPyperf:
    def test_a_figure_with_a_sample_of_0_or_less_is_left_out_whole(self) -> None:
        some = [sweep(unit=Unit(marginal=0.0 if n == 2 else 1e-6), number=n) for n in (1, 2, 3)]
        made = result(*some, leak_sweep(-3.0))
        said = lines(made, "pyperf")
        reason = "of asyncio: pyperf holds values above 0 alone"
        assert f"left out: marginal_burst_seconds_per_unit {reason}" in said
        assert f"left out: leaked_bytes_per_unit {reason}" in said
        assert "asyncio/burst_seconds_per_unit/n=10000" in of_pyperf(text_of(made, "pyperf"))

    def test_a_ceiling_is_left_out_which_pyperf_would_judge_upside_down(self) -> None:
        (said,) = [line for line in lines(whole_run(), "pyperf") if "ceiling" in line]
        reason = "higher is better, which pyperf would call slower"
        assert said == f"left out: ceiling of {ALL}: {reason}"

    def test_units_are_pyperfs_own(self) -> None:
        tree = json.loads(text_of(whole_run(), "pyperf"))
        units = {
            one["metadata"]["name"].split("/")[1]: one["metadata"]["unit"]
            for one in tree["benchmarks"]
        }
        assert units["bytes_per_unit"] == units["fixed_bytes"] == "byte"
        assert units["burst_seconds_per_unit"] == units["start_latency_seconds"] == "second"
        assert units["page_faults_per_unit"] == "integer"


class TestPytestBenchmark:
    def test_what_is_not_seconds_stands_once_in_extra_info(self) -> None:
        tree = json.loads(text_of(whole_run(), "pytest-benchmark"))
        mine = [one for one in tree["benchmarks"] if one["param"] == "asyncio"]
        info = mine[0]["extra_info"]
        assert info["bytes_per_unit/total/n=100000"]["value"] == 1154
        assert info["ceiling"] == {
            "value": 1_000_000,
            "samples": 1,
            "source": "runner's count, confirmed parked",
            "status": "max",
        }
        assert not [one for one in mine[1:] if "ceiling" in one["extra_info"]]
        ceilings = f"left out: ceiling of {ALL}: not seconds; kept in extra_info alone"
        assert ceilings in lines(whole_run(), "pytest-benchmark")

    def test_without_a_figure_in_seconds_the_others_have_no_place(self) -> None:
        made = result(sweep((), runtime="broken", status="refused"), sweep())
        assert (
            "left out: ceiling of broken: not seconds, and no figure in seconds to stand beside"
            in (lines(made, "pytest-benchmark"))
        )

    @pytest.mark.parametrize(
        "samples",
        [
            *([1e-6 * n**2 for n in range(1, many)] for many in range(2, 14)),
            [5e-6] * 6,
            [0.0, 0.0],
            [1e-6, 1e-6, 1e-6, 1e-6, 9e-3],
            [3e-6, 1e-6, 2e-6],
        ],
        ids=str,
    )
    def test_statistics_are_what_pytest_benchmark_makes_of_the_samples(
        self, samples: Sequence[float]
    ) -> None:
        from pytest_benchmark.stats import Stats

        theirs: Any = Stats()  # type: ignore[no-untyped-call]
        for sample in samples:
            theirs.update(sample)
        expected = {
            name: value if isinstance(value, str) else pytest.approx(value, rel=1e-12)
            for name, value in theirs.as_dict().items()
        }
        assert _stats(samples) == expected | {"data": samples, "iterations": 1}


class TestGithubActionBenchmark:
    def test_a_file_holds_one_direction_and_says_what_the_other_would(self) -> None:
        smaller, bigger = (export(whole_run(), ONE_DIRECTION, one) for one in DIRECTIONS)
        assert smaller == export(whole_run(), ONE_DIRECTION)
        assert smaller.text
        assert bigger.text
        both = names(ONE_DIRECTION, smaller.text) + names(ONE_DIRECTION, bigger.text)
        assert sorted(both) == sorted(known(whole_run()))
        assert [n.split("/")[1] for n in names(ONE_DIRECTION, bigger.text)] == ["ceiling"] * 4
        other = f"of {ALL}: bigger is better; written with --direction bigger"
        assert reasons_left_out(smaller.left_out) == [f"left out: ceiling {other}"]
        other = f"of {ALL}: smaller is better; written with --direction smaller"
        assert f"left out: fixed_bytes {other}" in reasons_left_out(bigger.left_out)

    def test_an_entry_tells_its_interval_and_where_it_was_read(self) -> None:
        first = json.loads(text_of(whole_run(), ONE_DIRECTION))[0]
        assert first == {
            "name": "pthread/bytes_per_unit/total/n=10000",
            "unit": "bytes",
            "value": 35_683.0,
            "range": "35683.0 to 35683.0",
            "extra": "at: 10000\nsamples: 6\nsource: smaps_rollup Anonymous+Swap + "
            "cgroup v1 memory.kmem.usage_in_bytes",
        }

    def test_other_formats_know_no_direction(self) -> None:
        with pytest.raises(UsageError, match="--direction belongs to github-action-benchmark"):
            export(whole_run(), "go", "bigger")


class TestBencher:
    def test_a_benchmark_is_a_runtime_and_a_measure_a_figure(self) -> None:
        tree = json.loads(text_of(whole_run(), "bencher"))
        assert list(tree) == ["pthread", "threading", "goroutine", "asyncio"]
        assert tree["asyncio"]["bytes_per_unit/total/n=100000"] == {
            "value": 1154.0,
            "lower_value": 1154.0,
            "upper_value": 1154.0,
        }
        assert tree["threading"]["ceiling"] == {"value": 22_362}

    def test_a_name_that_means_more_there_is_made_a_name(self) -> None:
        tree = json.loads(text_of(hostile(), "bencher"))
        assert not [name for name in tree if name.endswith(("ignore", "Ignore"))]
        assert "123e4567-e89b-12d3-a456-426614174000" not in tree
        assert any(name.startswith("x-bencher-ignore~") for name in tree)


class TestGo:
    def test_a_line_a_process_and_which_way_is_better(self) -> None:
        file = gobench.read(text_of(result(*[sweep(unit=ASYNCIO, number=n) for n in (1, 2)]), "go"))
        assert file.configuration == {
            "system": "Linux",
            "kernel": "6.18.0",
            "architecture": "x86_64",
            "cpu": "Some CPU",
            "cpus": "2",
        }
        assert file.units == {
            (unit, "better"): "higher" if unit == "units" else "lower"
            for unit in ("B/unit", "B", "sec/op", "faults/unit", "units")
        }
        assert [(line.name, line.iterations, line.values) for line in file.results[:2]] == [
            (
                "Outnumber/runtime=asyncio/metric=bytes_per_unit/part=total/n=100000",
                1,
                {"B/unit": 1154.0},
            )
        ] * 2

    def test_zeros_and_values_below_are_kept(self) -> None:
        samples = of_go(text_of(result(sweep(unit=Unit(marginal=0)), leak_sweep(-3.0)), "go"))
        assert samples["asyncio/marginal_burst_seconds_per_unit/n=100000"] == [0.0]
        assert samples["asyncio/leaked_bytes_per_unit/n=2000"][0] == pytest.approx(-3)

    def test_no_name_ends_like_a_number_of_processors(self) -> None:
        file = gobench.read(text_of(hostile(), "go"))
        assert not [one.name for one in file.results if re.search(r"-\d+$", one.name)]


BAD_GO = [
    ("BenchmarkX 1 2 B", "lines end with a newline"),
    ("Benchmarkx 1 2 B\n", "line 1: a name goes on with an upper case letter"),
    ("BenchmarkX 1 2\n", "line 1: a result has an even number of fields"),
    ("BenchmarkX y 1 2 B\n", "line 1: a result has an even number"),
    ("BenchmarkX one 2 B\n", "line 1: one is no number of iterations"),
    ("BenchmarkX 1 None B\n", "None is no number"),
    ("BenchmarkX 1 1 B 2 B\n", "a unit is there twice"),
    ("Unit\n", "a unit is missing"),
    ("Unit B better\n", "better is no key=value"),
    ("Unit B better=lower\nUnit B better=higher\n", "line 2: better of B is there already"),
    ("System: Linux\n", "neither a result"),
    ("a system: Linux\n", "neither a result"),
    ("system:Linux\n", "parted from its key"),
    ("\n", "neither a result"),
]


@pytest.mark.parametrize(("text", "message"), BAD_GO, ids=[text for text, _ in BAD_GO])
def test_the_reader_of_gos_format_is_strict(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        gobench.read(text)


def test_a_format_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError) as error:
        export(whole_run(), "asv")
    assert str(error.value) == (
        "no format 'asv'; give --format pyperf|pytest-benchmark|github-action-benchmark|bencher|go"
    )
