"""`outnumber ab`: two sides in one job, pair by pair, and a verdict that can be trusted."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options, values
from bench.cli.configured import Configured, listed, wished
from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.cli.contenders import Contenders
    from bench.experiments.side import PairsRequest
    from bench.judging.gates import Gate
    from bench.judging.looks import Look

Pythons = typer.Option(metavar="PATH", help="The interpreter of this side.")
RunnerFile = typer.Option(metavar="FILE.toml", help="The runner of this side.")
Setting = typer.Option(metavar="KEY=VALUE", help="A setting of this side: stack-size=64KiB.")
Variable = typer.Option(metavar="NAME=VALUE", help="A variable for the runners of this side.")
Pairs = typer.Option(parser=values.pairs, metavar="N", help="At the first look.  [default: 13]")
MostPairs = typer.Option(parser=values.pairs, metavar="N", help="At the last look.  [default: 40]")


def ab(
    runtime: options.Runtimes = None,
    base_python: Annotated[str | None, Pythons] = None,
    new_python: Annotated[str | None, Pythons] = None,
    base_runner: Annotated[Path | None, RunnerFile] = None,
    new_runner: Annotated[Path | None, RunnerFile] = None,
    base_set: Annotated[list[str] | None, Setting] = None,
    new_set: Annotated[list[str] | None, Setting] = None,
    base_env: Annotated[list[str] | None, Variable] = None,
    new_env: Annotated[list[str] | None, Variable] = None,
    at: Annotated[
        int | None,
        typer.Option(
            parser=values.count, metavar="N", help="Units.  [default: 10,000; threads 1,000]"
        ),
    ] = None,
    pairs: Annotated[int | None, Pairs] = None,
    pairs_max: Annotated[int | None, MostPairs] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            parser=values.seconds,
            metavar="SECONDS",
            help="No more pairs after that.  [default: 600 a runtime]",
        ),
    ] = None,
    gate: options.Gates = None,
    ceiling: Annotated[
        bool | None, typer.Option("--ceiling/--no-ceiling", help="Gate the ceiling too.")
    ] = None,
    same_ok: Annotated[
        bool | None,
        typer.Option("--same-ok/--no-same-ok", help="Compare a program with itself too."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=values.count_or_zero, metavar="N", help="Shuffles the order; recorded."
        ),
    ] = None,
    inconclusive_ok: options.InconclusiveOk = None,
    markdown: options.MarkdownFile = None,
    wait_for_quiet: options.WaitForQuiet = None,
    output: options.Output = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Compare two sides in one job of pairs, and give a verdict on bytes and leaks."""
    typed = Configured(
        runtime=runtime or None,
        base_python=base_python,
        new_python=new_python,
        base_runner=_text(base_runner),
        new_runner=_text(new_runner),
        base_set=base_set or None,
        new_set=new_set or None,
        base_env=base_env or None,
        new_env=new_env or None,
        at=at,
        pairs=pairs,
        pairs_max=pairs_max,
        budget=budget,
        ceiling=ceiling,
        gate=gate or None,
        same_ok=same_ok,
        seed=seed,
        inconclusive_ok=inconclusive_ok,
        wait_for_quiet=wait_for_quiet,
    )
    from bench.cli.contenders import without_the_same
    from bench.cli.pairs_session import PairsAsked, PairsPlace, carry_out_pairs

    with wished(typed) as wish:
        both = _contenders(wish)
        if not quiet:
            _tell_dropped(both, wish)
        if not wish.same_ok:
            both = without_the_same(both)
        gates, beside = _gates(both, wish)
        looks = _looks(len(gates), wish)
        request = _request(gates, beside, looks, wish)
    place = PairsPlace(output, force, markdown)
    let_pass = bool(wish.inconclusive_ok)
    asked = PairsAsked(gates, beside, looks, request, let_pass, wish.wait_for_quiet)
    _, path, code = carry_out_pairs(both, asked, place, quiet)
    typer.echo(path)
    return code


def _contenders(wish: Configured) -> Contenders:
    from bench.cli.contenders import Asked, contenders

    return contenders(
        Asked(
            runtimes=listed(wish.runtime),
            pythons=(wish.base_python, wish.new_python),
            runners=(_path(wish.base_runner), _path(wish.new_runner)),
            settings=(listed(wish.base_set), listed(wish.new_set)),
            variables=(listed(wish.base_env), listed(wish.new_env)),
        )
    )


def _tell_dropped(both: Contenders, wish: Configured) -> None:
    """Says which variables reach the runners of neither side."""
    from bench.cli import choose

    given = {word.partition("=")[0]: "" for word in (*listed(wish.base_env), *listed(wish.new_env))}
    entries = [entry for side in both.sides for entry in side.entries]
    choose.tell_dropped(entries, given, "--base-env or --new-env")


def _gates(both: Contenders, wish: Configured) -> tuple[list[Gate], list[Gate]]:
    """What decides: the gates asked for, or those by default; `--ceiling` adds that to either. And
    what is measured and reported beside them: where none was asked for, the burst."""
    from bench.cli import gates
    from bench.judging.gates import BURST, BY_DEFAULT, CEILING
    from bench.judging.judge import gates_of

    asked = gates.gates(listed(wish.gate))
    margins = asked or dict.fromkeys(BY_DEFAULT)
    if wish.ceiling:
        margins.setdefault(CEILING)
    beside = gates_of(both.runtimes, {} if asked else {BURST: None}, gated=False)
    return gates_of(both.runtimes, margins), beside


def _looks(gates: int, wish: Configured) -> tuple[Look, ...]:
    """The looks asked for. Raises `UsageError` where the first could never say *regression*."""
    from bench.judging.looks import FARTHEST, MOST_PAIRS, PAIRS, fewest_pairs, looks

    most = wish.pairs_max or max(MOST_PAIRS, wish.pairs or 0)
    first = wish.pairs or min(max(PAIRS, fewest_pairs(gates)), most)
    for option, asked in (("--pairs", first), ("--pairs-max", most)):
        if asked > FARTHEST:
            raise UsageError(f"{option} {asked} is more than the {FARTHEST} that a job may have")
    if first > most:
        raise UsageError(f"--pairs {first} is more than --pairs-max {most}; swap them")
    made = looks(first, most)
    needed = fewest_pairs(gates, made[0].false_failure)
    if first < needed:
        raise UsageError(
            f"{first} pairs are too few to call any of {gates} gated figures a regression and be "
            f"right in 99 of 100 jobs; give --pairs {needed} or more, or gate fewer"
        )
    return made


def _request(
    gates: list[Gate], beside: list[Gate], looks: tuple[Look, ...], wish: Configured
) -> PairsRequest:
    from bench.experiments.side import BUDGET_SECONDS, PairsRequest
    from bench.judging.judge import wanted
    from bench.judging.looks import fewest_a_side, fewest_pairs

    kinds = wanted([*gates, *beside])
    return PairsRequest(
        seed=random.randrange(2**31) if wish.seed is None else wish.seed,
        looks=tuple(look.pairs for look in looks),
        wanted=kinds,
        at=wish.at,
        climbs=fewest_a_side(len(gates)) if any("climb" in kind for kind in kinds.values()) else 0,
        budget_seconds=wish.budget or BUDGET_SECONDS * len(kinds),
        fewest=fewest_pairs(len(gates), looks[0].false_failure),
    )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)
