"""`outnumber compare`: two judge results, judged as far as they bear a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options
from bench.cli.configured import Configured, listed, wished
from bench.cli.judged import Places, ended

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.judging.gates import Figure, Margin
    from bench.judging.verdicts import Judgement
    from bench.model.records import Result

NOT_IN_TURN = (
    "the two results were not made in turn: what the machine did in between looks like a change of "
    "times; outnumber ab makes pairs, which know"
)
NOT_ALIKE = "the results are not alike, so this comparison is advisory and decides nothing"


def compare(
    base: Annotated[Path, typer.Argument(metavar="BASE", help="A result made by run or ab.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another.")],
    runtime: options.Runtimes = None,
    gate: options.Gates = None,
    unlike_ok: Annotated[
        bool, typer.Option("--unlike-ok", help="Compare unlike machines; then decide nothing.")
    ] = False,
    inconclusive_ok: options.InconclusiveOk = None,
    markdown: options.MarkdownFile = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Write the verdict's files here."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing.")] = False,
) -> int:
    """Compare two judge results of like machines."""
    from bench.cli import gates
    from bench.judging import judge
    from bench.model.file import load

    typed = Configured(gate=gate or None, inconclusive_ok=inconclusive_ok)
    with wished(typed) as wish:
        margins = gates.gates(listed(wish.gate))
    before, after = load(base), load(new)
    if not unlike_ok:
        judge.refuse_unlike(before, after)
    places = Places(output, markdown)
    places.refuse_unwritable()
    judgement = _judgement((before, base), (after, new), margins, runtime or [])
    return ended(judgement, places, quiet, bool(wish.inconclusive_ok))


def _judgement(
    base: tuple[Result, Path],
    new: tuple[Result, Path],
    margins: Mapping[Figure, Margin | None],
    names: Sequence[str],
) -> Judgement:
    from bench.judging import judge
    from bench.judging.verdicts import judgement
    from bench.model.likeness import differences

    results = base[0], new[0]
    advisory, paired = bool(judge.unlike(*results)), judge.is_one_job(*results)
    return judgement(
        judge.judged(*results, margins, names),
        base,
        new,
        paired=paired,
        advisory=advisory,
        differences=tuple(map(str, differences(*results))),
        warnings=(
            *((NOT_ALIKE,) if advisory else ()),
            *(base[0].warnings if paired else (NOT_IN_TURN,)),
        ),
    )
