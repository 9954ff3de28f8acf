"""`outnumber exec`: a run that a file describes, or that a result's spec repeats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options

if TYPE_CHECKING:
    from bench.model.records import Spec


def exec_(
    file: Annotated[
        Path,
        typer.Argument(metavar="SPEC", help="A spec (JSON), or a result whose run is repeated."),
    ],
    wait_for_quiet: options.WaitForQuiet = None,
    output: options.Output = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Run what a spec describes, or repeat the run of a result. Runs the programs it names."""
    from bench.cli import ab, ceiling, choose, noise, run
    from bench.cli.session import Place, carry_out
    from bench.experiments import CEILING, PAIRS, find
    from bench.experiments.pairs import PairsOptions
    from bench.model.spec import load_spec, options_as

    spec = load_spec(file)
    experiment = find(spec.experiment)
    wish = options_as(spec, experiment.options)
    if not quiet:
        _report_programs(file, spec)
    place = Place(output, force)
    if isinstance(wish, PairsOptions) and experiment is PAIRS:
        both, where = choose.sides(spec.cases, spec.new), ab.PairsPlace(output, force)
        pairs = (wish.looks[0] if wish.looks else None, wish.pairs)
        return ab.compare_sides(both, wish, pairs, where, quiet, wait_seconds=wait_for_quiet)
    targets = choose.targets(spec.cases)
    if isinstance(wish, PairsOptions):
        targets, margins = noise.ready(targets), noise.margins_asked(wish.gates)
        again = noise.options_for(targets, margins, wish)
        result, path = carry_out(experiment, again, targets, place, quiet, wait_for_quiet)
        return noise.report(result, path, quiet, margins)
    result, path = carry_out(experiment, wish, targets, place, quiet, wait_for_quiet)
    if experiment is CEILING:
        return ceiling.report(result, path, quiet)
    return run.report(result, path, quiet, page=True)


def _report_programs(file: Path, spec: Spec) -> None:
    """Says which programs and variables come from the file: it may be somebody else's."""
    from bench.model.decoding import printable

    words = {
        word
        for case in (*spec.cases, *spec.new)
        for word in (
            *([case.python] if case.python else []),
            *([case.runner] if case.runner else []),
            *(f"{name}={value}" for name, value in case.variables.items()),
        )
    }
    if words:
        said = ", ".join(printable(word) for word in sorted(words))
        typer.echo(f"{printable(str(file))} names {said}", err=True)
