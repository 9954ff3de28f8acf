"""A judgement in words and figures: plain text, still to be escaped for where it is shown.

Nothing is computed here but what a person needs to read it: units, signs, one sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import get_args

from bench import quantities
from bench.derive.doubts import MARK
from bench.judging.verdicts import Decision, Judgement, Outcome, Verdict, Word
from reports.wording import units
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
# Margins that people choose, as shares.
ROUND_MARGINS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.10, 0.15, 0.20, 0.30, 0.50)
MOST_PAIRS = 200


def headline(judgement: Judgement) -> str:
    """What the whole came to, with the worst and the best of what moved."""
    worse, better = _moved(judgement.decision.gated)
    ends = [
        f"{end}: {name_of(verdicts[0])} of {plain(verdicts[0].runtime)} {_signed(verdicts[0])}"
        for end, verdicts in (("worst", worse), ("best", better))
        if verdicts
    ]
    moved = f" ({'; '.join(ends)})" if ends else ""
    return HEADLINES[judgement.decision.outcome] + moved


def name_of(verdict: Verdict) -> str:
    """The figure: `bytes`, `bytes: rss`, `start awake, 99 %`."""
    words = quantities.find(verdict.metric).short
    if verdict.part is not None and verdict.part != "total":
        return f"{words}: {verdict.part.replace('_', ' ')}"
    if verdict.quantile is None:
        return words
    return f"{words}, {verdict.quantile:.0%}".replace("%", " %")


def value_of(verdict: Verdict, value: float | None) -> str:
    """A value of either side."""
    if "seconds" in verdict.metric:
        return units.seconds(value)
    if "bytes" in verdict.metric:
        return units.size(value)
    return units.count(value) if verdict.metric == "ceiling" else units.number(value)


def both_of(verdict: Verdict) -> str:
    """Base and new: `4.71 → 5.46 µs`, the unit once where both have the same."""
    base, new = value_of(verdict, verdict.base), value_of(verdict, verdict.new)
    same = base.partition(" ")[2] == new.partition(" ")[2]
    before = marked(base.partition(" ")[0] if same else base, verdict.base_doubt)
    return f"{before} → {marked(new, verdict.new_doubt)}"


def effect_of(verdict: Verdict) -> str:
    """The ratio, or where that has no meaning the difference, with its interval."""
    if verdict.effect is None:
        return "–"
    middle = _change(verdict, verdict.effect)
    if verdict.low is None or verdict.high is None:
        return marked(middle, verdict.doubt)
    low, high = _change(verdict, verdict.low), _change(verdict, verdict.high)
    unit = middle.partition(" ")[2]
    same = {end.partition(" ")[2] for end in (low, high)} == {unit}
    ends = (low, high) if not same else (low.partition(" ")[0], high.partition(" ")[0])
    middle = marked(middle, verdict.doubt)
    return f"{middle} ({ends[0]}{' to ' if verdict.absolute else '–'}{ends[1]})"


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
        (f"{HEADLINES['not measured']}: ", _doubted(lost)),
        (f"{HEADLINES['inconclusive']}: ", _doubted(open_ones)),
        (f"{HEADLINES['no regression']} in ", _listed(cleared)),
        ("Advisory, not gated: ", "; ".join(map(_change_of, beside))),
    )
    said = " ".join(f"{word}{what}." for word, what in parts if what)
    return f"Advisory, since the results are not alike. {said}" if judgement.advisory else said


def _moved(verdicts: Iterable[Verdict]) -> tuple[list[Verdict], list[Verdict]]:
    """Those that got worse, the worst first, and those that got better, the best first: by how many
    of its margins each moved."""
    moved = sorted(verdicts, key=_margins, reverse=True)
    return (
        [one for one in moved if one.verdict == "regression"],
        [one for one in moved if one.verdict == "improvement"],
    )


def _margins(verdict: Verdict) -> float:
    change = abs((verdict.effect or 0.0) - (0.0 if verdict.absolute else 1.0))
    return change / verdict.margin if verdict.margin else change


def next_steps(judgement: Judgement) -> list[str]:
    """What to type where gates are open: nothing where none is."""
    gated = judgement.decision.gated
    lost = [v for v in gated if v.is_unmeasured]
    broken = [
        v for v in gated if v.is_open and v.event in ("missing", "given up") and not v.is_unmeasured
    ]
    noisy = [v for v in gated if v.is_open and v not in lost and v not in broken]
    few = [v for v in noisy if any("too few" in reason for reason in v.reasons)]
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
        most = min(MOST_PAIRS, 2 * max((*judgement.looks, 40)))
        if judgement.paired and most > max((*judgement.looks, 40)):
            steps.append(f"{_listed(vague)}: more pairs tell smaller changes: --pairs-max {most}")
        steps.append(f"a wider margin, if that is small enough for you: {margins}")
        steps.append("a quieter machine; outnumber noise says which margins suit this one")
    if noisy and not (lost or broken):
        steps.append("--inconclusive-ok lets a job pass that noise alone left open")
    return steps


def _wider(verdict: Verdict) -> str:
    """A gate on the same figure that this noise would probably have settled."""
    figure = verdict.figure.words
    worst = verdict.high if verdict.better == "lower" else verdict.low
    off = 0.0 if worst is None else abs(worst if verdict.absolute else worst - 1)
    needed = max(off, (verdict.smallest or 0.0) / 2, 1.5 * verdict.margin)
    if verdict.absolute:
        if "bytes" in verdict.metric:
            return f"{figure}:{math.ceil(needed)}B"
        return f"{figure}:{math.ceil(needed * 1e9)}ns" if "seconds" in verdict.metric else figure
    share = next((one for one in ROUND_MARGINS if one >= needed), ROUND_MARGINS[-1])
    return f"{figure}:{100 * share:g}%"


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
        f"{plain(verdict.runtime)}, {name_of(verdict)}: {both_of(verdict)}, {effect_of(verdict)}, "
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
    """A figure that moved, as a clause."""
    runtime, is_worse = plain(verdict.runtime), verdict.verdict == "regression"
    match verdict.metric:
        case "leaked_bytes_per_unit" if is_worse:
            return f"{runtime} leaks {_more(verdict)} a unit"
        case "leaked_bytes_per_unit":
            less = marked(value_of(verdict, abs(verdict.effect or 0)), verdict.doubt)
            return f"{runtime} leaks {less} less a unit"
        case "bytes_per_unit" if not verdict.absolute and verdict.part == "total":
            return f"a unit of {runtime} takes {_times(verdict)} the bytes: {both_of(verdict)}"
        case "burst_seconds_per_unit" if not verdict.absolute:
            return f"a burst of {runtime} takes {_times(verdict)} the time: {both_of(verdict)} each"
        case "ceiling" if is_worse:
            return _lower_ceiling(verdict)
        case "ceiling":
            return f"{runtime} stops at more units ({both_of(verdict)})"
    got = "worse" if is_worse else "better"
    return f"{name_of(verdict)} of {runtime} got {got}: {both_of(verdict)}"


def _lower_ceiling(verdict: Verdict) -> str:
    counts = both_of(verdict)
    said = f"{plain(verdict.runtime)} stops at fewer units ({counts})"
    stoppers = [plain(reason) for reason in verdict.reasons if "was stopped by" in reason]
    match verdict.event:
        case "changed limit":
            return f"{said} at another limit: {', '.join(stoppers)}"
        case "limit of another value":
            return f"{said}, the same limit having another value: {', '.join(stoppers)}"
    return said


def _doubted(verdicts: Sequence[Verdict]) -> str:
    """What is open and why, those with the same reason together."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(_doubt(verdict), []).append(verdict)
    return "; ".join(
        f"{_listed(about)}{_doubt(about[0], len(about) > 1)}" for about in found.values()
    )


def _doubt(verdict: Verdict, several: bool = False) -> str:
    """What is open of a verdict, or of `several` alike."""
    if verdict.is_unmeasured:
        return _where(verdict)
    if verdict.event == "missing":
        return f" {'are' if several else 'is'} missing on one side"
    if verdict.event == "given up":
        return f" {'were' if several else 'was'} given up, since a side kept breaking"
    few = next((reason for reason in verdict.reasons if "too few" in reason), None)
    if few is None and verdict.effect is None:
        few = next(iter(verdict.reasons), None)
    if few is not None:
        return f" ({plain(few)})"
    if verdict.smallest is None:
        return ""
    vary = "vary" if several else "varies"
    return f" {vary} too much to tell a change below {smallest_of(verdict)}"


def _where(verdict: Verdict) -> str:
    """On which side it could not be measured. Where neither has a value, one may be to blame."""
    lost = [name for name, one in (("base", verdict.base), ("new", verdict.new)) if one is None]
    if len(lost) == 1:
        return f" on the {lost[0]} side"
    told = "it could not be measured"
    return next((plain(r).removeprefix(told) for r in verdict.reasons if r.startswith(told)), "")


def _listed(verdicts: Sequence[Verdict]) -> str:
    """`bytes and burst of asyncio and trio; bytes of gevent`: like runtimes together."""
    runtimes = dict.fromkeys(verdict.runtime for verdict in verdicts)
    found: dict[str, list[str]] = {}
    for runtime in runtimes:
        figures = [name_of(verdict) for verdict in verdicts if verdict.runtime == runtime]
        found.setdefault(_and(figures), []).append(plain(runtime))
    return "; ".join(f"{figures} of {_and(names)}" for figures, names in found.items())


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _times(verdict: Verdict) -> str:
    return f"{marked(f'{verdict.effect or 0:.2f}', verdict.doubt)} times"


def _more(verdict: Verdict) -> str:
    more = marked(value_of(verdict, verdict.effect), verdict.doubt)
    return f"{more} more" if (verdict.base or 0) > verdict.margin else more


def _change(verdict: Verdict, effect: float) -> str:
    """`1.012`, or `+201 B` where differences are judged."""
    if not verdict.absolute:
        return f"{effect:.3f}"
    return f"{'−' if effect < 0 else '+'}{value_of(verdict, abs(effect))}"


def _signed(verdict: Verdict) -> str:
    """By how much it moved: `+9.2 %`, `−21 %`, `+201 B`."""
    effect = verdict.effect or 0.0
    if verdict.absolute:
        return marked(_change(verdict, effect), verdict.doubt)
    percent = 100 * (effect - 1)
    return marked(f"{'−' if percent < 0 else '+'}{abs(percent):.2g} %", verdict.doubt)


def _worsening(verdict: Verdict, amount: float) -> str:
    """`+1.2 %`, `+12 B`; `−3 %` where higher is better."""
    sign = "−" if verdict.better == "higher" else "+"
    if verdict.absolute:
        return f"{sign}{value_of(verdict, amount)}"
    return f"{sign}{amount * 100:.2g} %" if amount < 1 else f"{sign}{amount * 100:,.0f} %"
