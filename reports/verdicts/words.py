"""A judgement in words and figures: plain text, still to be escaped for where it is shown.

Nothing is computed here but what a person needs to read it: units, signs, one sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.regression.verdicts import Decision, Judgement, Verdict, Word
from reports import units
from reports.escape import plain
from reports.summary import NAMES

HEADLINES: dict[Word, str] = {
    "regression": "Regression",
    "no regression": "No regression",
    "inconclusive": "Inconclusive",
}
UNMEASURED = "could not be measured"


def headline(judgement: Judgement) -> str:
    """What the whole came to, in a word or two."""
    outcome = judgement.decision.outcome
    if outcome == "inconclusive" and any(one.is_unmeasured for one in judgement.decision.gated):
        return _capital(UNMEASURED)
    return HEADLINES[outcome]


def name_of(verdict: Verdict) -> str:
    """The figure: `bytes`, `bytes: rss`, `start latency, 99 %`."""
    words = NAMES[verdict.metric]
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
    return f"{base.partition(' ')[0] if same else base} → {new}"


def effect_of(verdict: Verdict) -> str:
    """The ratio, or where that has no meaning the difference, with its interval."""
    if verdict.effect is None:
        return "–"
    middle = _change(verdict, verdict.effect)
    if verdict.low is None or verdict.high is None:
        return middle
    low, high = _change(verdict, verdict.low), _change(verdict, verdict.high)
    unit = middle.partition(" ")[2]
    same = {end.partition(" ")[2] for end in (low, high)} == {unit}
    ends = (low, high) if not same else (low.partition(" ")[0], high.partition(" ")[0])
    return f"{middle} ({ends[0]}{' to ' if verdict.absolute else '–'}{ends[1]})"


def margin_of(verdict: Verdict) -> str:
    """The worsening that does not matter."""
    return _worsening(verdict, verdict.margin)


def smallest_of(verdict: Verdict) -> str:
    """The smallest worsening that would have been seen."""
    return units.UNKNOWN if verdict.smallest is None else _worsening(verdict, verdict.smallest)


def verdict_of(verdict: Verdict) -> str:
    """The verdict, with the event that it was."""
    if verdict.is_unmeasured:
        return UNMEASURED
    match verdict.event:
        case None:
            return verdict.verdict
        case "missing":
            return f"{verdict.verdict}: missing on one side"
        case event:
            return f"{verdict.verdict}: {event}"


def sentence(judgement: Judgement) -> str:
    """What the whole came to, in one sentence."""
    gated = judgement.decision.gated
    named = {word: [v for v in gated if v.verdict == word] for word in HEADLINES}
    lost = [v for v in gated if v.is_unmeasured]
    open_ones = [v for v in named["inconclusive"] if not v.is_unmeasured]
    match judgement.decision.outcome:
        case "regression":
            worse = "; ".join(map(_worse, named["regression"]))
            rest = f"; {_listed(open_ones)} {_is(open_ones)} inconclusive" if open_ones else ""
            rest += f"; {_listed(lost)} {UNMEASURED}" if lost else ""
            said = f"Regression: {worse}{rest}."
        case "inconclusive":
            said = " ".join(
                f"{word}: {_doubted(verdicts)}."
                for word, verdicts in ((_capital(UNMEASURED), lost), ("Inconclusive", open_ones))
                if verdicts
            )
        case _:
            said = f"No regression in {_listed(named['no regression'])}."
    return f"Advisory, since the results are not alike. {said}" if judgement.advisory else said


def standing(decision: Decision) -> str:
    """How a job's gates stand, while it goes: `no regression in bytes of asyncio; …`."""
    named: dict[str, list[Verdict]] = {word: [] for word in (*HEADLINES, UNMEASURED)}
    for verdict in decision.gated:
        named[UNMEASURED if verdict.is_unmeasured else verdict.verdict].append(verdict)
    return "; ".join(
        f"{word}{' in' if 'regression' in word else ':'} {_listed(verdicts)}"
        for word, verdicts in named.items()
        if verdicts
    )


def reasons_of(verdicts: Iterable[Verdict]) -> list[str]:
    """Each doubt and circumstance of the verdicts, with the figures that it is about."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        for reason in verdict.reasons:
            found.setdefault(plain(reason), []).append(verdict)
    return [f"{_listed(about)}: {reason}" for reason, about in found.items()]


def moved(judgement: Judgement) -> list[str]:
    """The advisory figures that got worse past their margins."""
    return [
        f"{plain(verdict.runtime)}, {name_of(verdict)}: {both_of(verdict)}, {effect_of(verdict)}"
        for verdict in judgement.decision.advisory
        if verdict.verdict == "regression"
    ]


def _worse(verdict: Verdict) -> str:
    runtime = plain(verdict.runtime)
    match verdict.metric:
        case "leaked_bytes_per_unit":
            return f"{runtime} leaks {_more(verdict)} a unit"
        case "bytes_per_unit" if not verdict.absolute and verdict.part == "total":
            return f"a unit of {runtime} takes {_times(verdict)} the bytes: {both_of(verdict)}"
        case "burst_seconds_per_unit" if not verdict.absolute:
            return f"a burst of {runtime} takes {_times(verdict)} the time: {both_of(verdict)} each"
        case "ceiling":
            return _lower_ceiling(verdict)
    return f"{name_of(verdict)} of {runtime} got worse: {both_of(verdict)}"


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


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _is(verdicts: Sequence[Verdict]) -> str:
    return "is" if len(verdicts) == 1 else "are"


def _times(verdict: Verdict) -> str:
    return f"{verdict.effect or 0:.2f} times"


def _more(verdict: Verdict) -> str:
    more = value_of(verdict, verdict.effect)
    return f"{more} more" if (verdict.base or 0) > verdict.margin else more


def _change(verdict: Verdict, effect: float) -> str:
    """`1.012`, or `+201 B` where differences are judged."""
    if not verdict.absolute:
        return f"{effect:.3f}"
    return f"{'−' if effect < 0 else '+'}{value_of(verdict, abs(effect))}"


def _worsening(verdict: Verdict, amount: float) -> str:
    """`+1.2 %`, `+12 B`; `−3 %` where higher is better."""
    sign = "−" if verdict.better == "higher" else "+"
    if verdict.absolute:
        return f"{sign}{value_of(verdict, amount)}"
    return f"{sign}{amount * 100:.2g} %" if amount < 1 else f"{sign}{amount * 100:,.0f} %"
