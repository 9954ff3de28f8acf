"""A judgement in words and figures: plain text, still to be escaped for where it is shown.

Nothing is computed here but what a person needs to read it: units, signs, one sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import get_args

from bench.derive.doubts import MARK
from bench.judging.gates import SHARES, TYPED, Margin, typed
from bench.judging.looks import FARTHEST, MOST_PAIRS
from bench.judging.verdicts import (
    NOT_MEASURED,
    STOPPED_BY,
    TOO_FEW,
    Decision,
    Judgement,
    Outcome,
    Verdict,
    Word,
)
from reports.wording import changes, units
from reports.wording.doubted import marked
from reports.wording.escape import plain

UNMEASURED = "could not be measured"
HEADLINES: dict[Outcome, str] = {
    "regression": "Regression",
    "improvement": "Improvement",
    "not measured": "Could not be measured",
    "inconclusive": "Inconclusive",
    "no regression": "No regression",
}


def headline(judgement: Judgement) -> str:
    """What the whole came to, with the worst and the best of what moved."""
    worse, better = _moved(judgement.decision.gated)
    ends = [
        f"{end}: {name_of(verdicts[0])} of {plain(verdicts[0].case)} {signed(verdicts[0])}"
        for end, verdicts in (("worst", worse), ("best", better))
        if verdicts
    ]
    moved = f" ({'; '.join(ends)})" if ends else ""
    return HEADLINES[judgement.decision.outcome] + moved


def name_of(verdict: Verdict) -> str:
    """The metric: `bytes per unit`, `bytes per unit: rss`, `start latency awake, 99 %`."""
    return verdict.metric_name.label


def both_of(verdict: Verdict) -> str:
    """Base and new: `4.71 → 5.46 µs`."""
    doubts = verdict.base_doubt, verdict.new_doubt
    return changes.both(verdict.dimension, verdict.base, verdict.new, doubts)


def effect_of(verdict: Verdict) -> str:
    """The ratio, or where that has no meaning the difference, with its interval."""
    if verdict.effect is None:
        return "–"
    ends = verdict.effect, verdict.low, verdict.high
    doubts = verdict.base_doubt, verdict.new_doubt
    return changes.effect(verdict.dimension, ends, doubts, verdict.absolute)


def margin_of(verdict: Verdict) -> str:
    """The worsening that does not matter."""
    return _worsening(verdict, verdict.margin)


def smallest_of(verdict: Verdict) -> str:
    """The smallest worsening that would have been seen."""
    return units.UNKNOWN if verdict.smallest is None else _worsening(verdict, verdict.smallest)


def verdict_of(verdict: Verdict) -> str:
    """The verdict, with the event that it was; whether it decides nothing."""
    word = verdict.verdict if verdict.gated else f"advisory: {verdict.verdict}"
    if verdict.is_unmeasured:
        return UNMEASURED
    match verdict.event:
        case None:
            return word
        case "missing":
            return f"{word}: missing on one side"
        case event:
            return f"{word}: {event}"


def sentence(judgement: Judgement) -> str:
    """What the whole came to: all that was found, the worst first, each gate in one place."""
    decision = judgement.decision
    worse, better = _moved(decision.gated)
    lost = [v for v in decision.gated if v.is_unmeasured]
    open_ones = [v for v in decision.gated if v.is_open and not v.is_unmeasured]
    cleared = [v for v in decision.gated if v.verdict == "no regression"]
    beside = [v for verdicts in _moved(decision.beside) for v in verdicts]
    parts = (
        (f"{HEADLINES['regression']}: ", "; ".join(map(_change_of, worse))),
        (f"{HEADLINES['improvement']}: ", "; ".join(map(_change_of, better))),
        (f"{HEADLINES['not measured']}: ", _left_open(lost)),
        (f"{HEADLINES['inconclusive']}: ", _left_open(open_ones)),
        (f"{HEADLINES['no regression']} in ", _listed(cleared)),
        ("Advisory, not gated: ", "; ".join(map(_change_of, beside))),
    )
    said = " ".join(f"{word}{what}." for word, what in parts if what)
    return f"Advisory, since the results are not alike. {said}" if judgement.advisory else said


def _moved(verdicts: Iterable[Verdict]) -> tuple[list[Verdict], list[Verdict]]:
    """Those that got worse, the worst first, and those that got better, the best first: by how many
    of its margins each moved."""

    def margins(verdict: Verdict) -> float:
        change = abs((verdict.effect or 0.0) - (0.0 if verdict.absolute else 1.0))
        return change / verdict.margin if verdict.margin else change

    moved = sorted(verdicts, key=margins, reverse=True)
    return (
        [one for one in moved if one.verdict == "regression"],
        [one for one in moved if one.verdict == "improvement"],
    )


def next_steps(judgement: Judgement) -> list[str]:
    """What to type where gates are open: nothing where none is."""
    gated = judgement.decision.gated
    lost = [v for v in gated if v.is_unmeasured]
    broken = [
        v for v in gated if v.is_open and v.event in ("missing", "given up") and not v.is_unmeasured
    ]
    noisy = [v for v in gated if v.is_open and v not in lost and v not in broken]
    few = [v for v in noisy if v.reasons_with(TOO_FEW)]
    steps = []
    if lost or broken:
        steps.append(
            f"{_listed([*lost, *broken])}: see why the runner broke or what it does not report, "
            "then mend that side, or gate other figures with --gate"
        )
    if few and not judgement.paired:
        steps.append(f"{_listed(few)}: outnumber ab makes as many pairs as a verdict needs")
    vague = [v for v in noisy if v.effect is not None and v not in few]
    if vague:
        margins = " ".join(f"--gate {gate}" for gate in dict.fromkeys(map(_wider, vague)))
        made = max((*judgement.looks, MOST_PAIRS))
        most = min(FARTHEST, 2 * made)
        if judgement.paired and most > made:
            steps.append(f"{_listed(vague)}: more pairs detect smaller changes: --pairs-max {most}")
        steps.append(f"a wider margin, if that is small enough for you: {margins}")
        steps.append("a quieter machine; outnumber noise says which margins suit this one")
    if noisy and not (lost or broken):
        steps.append("--inconclusive-ok lets a job pass that noise alone left open")
    return steps


def _wider(verdict: Verdict) -> str:
    """A gate on the same metric that this noise would probably have settled."""
    metric = verdict.metric_name
    worst = verdict.high if verdict.better == "lower" else verdict.low
    off = 0.0 if worst is None else abs(worst if verdict.absolute else worst - 1)
    needed = max(off, (verdict.smallest or 0.0) / 2, 1.5 * verdict.margin)
    if verdict.absolute:
        one, _ = TYPED[metric.quantity.dimension]
        return typed(metric, Margin(math.ceil(needed / one) * one, absolute=True))
    return typed(metric, Margin(next((one for one in SHARES if one >= needed), SHARES[-1])))


def standing(decision: Decision) -> str:
    """How a job's gates stand, while it goes: `no regression in bytes of asyncio; …`."""
    named: dict[str, list[Verdict]] = {word: [] for word in (*get_args(Word), UNMEASURED)}
    for verdict in decision.gated:
        named[UNMEASURED if verdict.is_unmeasured else verdict.verdict].append(verdict)
    return "; ".join(
        f"{word}{':' if word in ('inconclusive', UNMEASURED) else ' in'} {_listed(verdicts)}"
        for word, verdicts in named.items()
        if verdicts
    )


def reasons_of(decision: Decision) -> list[str]:
    """Each doubt and circumstance of the gates, with the figures that it is about; of what is shown
    beside them, why values are marked."""
    found: dict[str, list[Verdict]] = {}
    for verdict in decision.verdicts:
        for reason in map(plain, verdict.reasons):
            is_shown = verdict in decision.beside or verdict.has_moved
            if verdict.gated or (is_shown and reason.startswith(MARK)):
                found.setdefault(reason, []).append(verdict)
    return [
        f"{MARK} {_listed(about)}: {reason.removeprefix(MARK).lstrip()}"
        if reason.startswith(MARK)
        else f"{_listed(about)}: {reason}"
        for reason, about in found.items()
    ]


def moved(judgement: Judgement) -> list[str]:
    """The other advisory figures that changed past their margins, for worse or better."""
    decision = judgement.decision
    return [
        f"{plain(verdict.case)}, {name_of(verdict)}: {both_of(verdict)}, {effect_of(verdict)}, "
        f"{'worse' if verdict.verdict == 'regression' else 'better'}"
        for verdict in decision.advisory
        if verdict.has_moved and verdict not in decision.beside
    ]


def differences(judgement: Judgement) -> list[str]:
    """Every recorded fact in which the two sides differ; that there is none."""
    if not judgement.differences:
        return ["no recorded fact differs between the two sides: versions, settings, machine"]
    return [f"the two sides differ in {difference}" for difference in judgement.differences]


def _change_of(verdict: Verdict) -> str:
    """A metric that moved, as a clause: `bytes per unit of asyncio rose 1.10 times: 1.12 → 1.24
    KiB`; of a ceiling, what stopped it."""
    effect = verdict.effect or 0.0
    rose = "rose" if effect > (0.0 if verdict.absolute else 1.0) else "fell"
    if verdict.absolute:
        amount = f"by {marked(units.amount(verdict.dimension, abs(effect)), verdict.doubt)}"
    else:
        amount = f"to {marked(f'{effect:.2f}', verdict.doubt)} times the base"
    said = f"{name_of(verdict)} of {plain(verdict.case)} {rose} {amount}: {both_of(verdict)}"
    stops = ", ".join(map(plain, verdict.reasons_with(STOPPED_BY)))
    match verdict.event:
        case "changed limit":
            return f"{said}, at another limit: {stops}"
        case "limit of another value":
            return f"{said}, the same limit having another value: {stops}"
    return said


def _left_open(verdicts: Sequence[Verdict]) -> str:
    """What is open and why, those with the same reason together."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(_why_open(verdict), []).append(verdict)
    return "; ".join(
        f"{_listed(about)}{_why_open(about[0], len(about) > 1)}" for about in found.values()
    )


def _why_open(verdict: Verdict, several: bool = False) -> str:
    """What leaves a verdict, or `several` alike, open."""
    if verdict.is_unmeasured:
        # Where neither side has a value, one may be to blame.
        lost = [name for name, one in (("base", verdict.base), ("new", verdict.new)) if one is None]
        if len(lost) == 1:
            return f" on the {lost[0]} side"
        known = verdict.reasons_with(NOT_MEASURED)
        return plain(known[0]).removeprefix(NOT_MEASURED) if known else ""
    if verdict.event == "missing":
        return f" {'are' if several else 'is'} missing on one side"
    if verdict.event == "given up":
        return f" {'were' if several else 'was'} given up, since a side kept breaking"
    few = verdict.reasons_with(TOO_FEW) or (verdict.reasons if verdict.effect is None else ())
    if few:
        return f" ({plain(few[0])})"
    if verdict.smallest is None:
        return ""
    vary = "vary" if several else "varies"
    return f" {vary} too much to detect a change below {smallest_of(verdict)}"


def _listed(verdicts: Iterable[Verdict]) -> str:
    return changes.listed((verdict.case, name_of(verdict)) for verdict in verdicts)


def signed(verdict: Verdict) -> str:
    """By how much it moved: `+9.2 %`, `−21 %`, `+201 B`."""
    effect = verdict.effect or 0.0
    if verdict.absolute:
        return marked(changes.difference(verdict.dimension, effect), verdict.doubt)
    percent = 100 * (effect - 1)
    return marked(f"{'−' if percent < 0 else '+'}{abs(percent):.2g} %", verdict.doubt)


def _worsening(verdict: Verdict, amount: float) -> str:
    """`+1.2 %`, `+12 B`; `−3 %` where higher is better."""
    sign = -1 if verdict.better == "higher" else 1
    if verdict.absolute:
        return changes.difference(verdict.dimension, sign * amount)
    share = f"{amount * 100:.2g}" if amount < 1 else f"{amount * 100:,.0f}"
    return f"{'−' if sign < 0 else '+'}{share} %"
