"""The deck of a result: its finding, a slide a figure, the explanation, how to repeat the run.

python-pptx is at the top of these modules, which nothing loads but the writing of a deck.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pptx.presentation import Presentation as Deck

from bench.derive.doubts import MARK
from bench.model.records import Plan, Result
from reports.deck.template import presentation
from reports.digest import Digest
from reports.draw import slide
from reports.draw import slide_text as text
from reports.draw.pptx_backend import draw
from reports.draw.pptx_chart import LONG_AGO
from reports.draw.slide import (
    BODY,
    COVER,
    FIGURE,
    LEGEND_ROW,
    LIST_INDENT,
    MARGIN,
    WIDE,
    Box,
    Page,
    Words,
    body_height,
)
from reports.explanation.explain import explain
from reports.explanation.text import Explanation, Paragraph, Section
from reports.figures import all as figure_list
from reports.figures.chart import caption, ran
from reports.figures.shapes import Key
from reports.page import sheets
from reports.palette import LIGHT, Theme, colour, mark
from reports.tables.comparison import finding
from reports.tables.table import Titled
from reports.wording import units
from reports.wording.doubted import note
from reports.wording.escape import LONGEST, plain, short
from reports.wording.runs import repeat

COVER_SIZES = (40, 36, 32, 28, 24, 20)
MACHINE, VERSIONS_HEIGHT = 22, 0.72
HEADING, TEXT, FACT = 20, 18, 14
SENTENCES = 2  # of each paragraph of the explanation: the rest is for the speaker
FACTS_TOP, MOST_FACTS = 1.5, 17
MONO = "Courier New"
MONO_WIDTH = 0.6  # of a letter, in sizes of letters

METHOD = (
    "Every unit has started and is parked, and its process is at rest, before memory is read.",
    "The memory of one unit is a difference between two counts, without the process itself.",
    "A value is the median over fresh processes, with its 95 % interval if there are six or more.",
)


def deck(digest: Digest, theme: Theme = LIGHT, names: Collection[str] = ()) -> bytes:
    """The deck as a .pptx file, the same for the same result. `names` are those of the figures, all
    where there are none."""
    made = presentation(theme)
    _cover(made, digest, theme)
    on_slides = {entry.name for entry in figure_list.FIGURES if entry.on_slide}
    for chart in digest.charts:
        if chart.name in (names or on_slides):
            page = Page(made, FIGURE, theme)
            draw(page, chart, page.figure(chart))
    why(made, explain(digest), theme)
    _measured(made, digest, theme)
    _again(made, digest, theme)
    _sign(made, digest)
    return _dateless(made)


def _sign(made: Deck, digest: Digest) -> None:
    """Title, maker and date: the run's, so that no clock is in it."""
    core = made.core_properties
    core.title = finding(digest.comparison)[:250]
    core.author = core.last_modified_by = "outnumber"
    core.subject, core.language, core.revision = "a run of outnumber", "en", 1
    try:
        date = datetime.fromisoformat(digest.result.started).replace(tzinfo=None)
    except ValueError:
        date = LONG_AGO
    core.created = core.modified = date


def _dateless(deck: Deck) -> bytes:
    """The file's bytes, without the dates of its archive."""
    made, kept = io.BytesIO(), io.BytesIO()
    deck.save(made)
    with ZipFile(made) as source, ZipFile(kept, "w") as target:
        for part in source.infolist():
            dateless = ZipInfo(part.filename)  # 1980, the archive's own beginning
            target.writestr(dateless, source.read(part), ZIP_DEFLATED)
    return kept.getvalue()


def _cover(deck: Deck, digest: Digest, theme: Theme) -> None:
    """The finding; machine, versions and date."""
    page = Page(deck, COVER, theme)
    found = finding(digest.comparison)
    page.title(found, COVER_SIZES)
    _, _, versions = caption(digest.result).partition(" · ")  # the machine stands above them
    wide = WIDE - LIST_INDENT
    machine, memory = digest.result.machine, "memory unknown"
    if machine.memory_bytes is not None:
        memory = f"{units.size(machine.memory_bytes)} of memory"
    cpu = f"{machine.cpus or '?'} × {short(machine.cpu or 'unknown CPU', 40)}"
    measured = text.cut(f"Measured on {cpu} with {memory}", wide, MACHINE)
    fitted = text.fit(versions, wide, VERSIONS_HEIGHT, (FACT,))
    page.body([Words(measured, MACHINE), Words(fitted.text, FACT, muted=True)])
    keys = [
        Key(row.label, mark(row.name), colour(row.name, theme))
        for row in ran(digest.result, digest.metrics)
    ]
    page.legend(Box(MARGIN, 6.0, WIDE, 3 * LEGEND_ROW), keys)
    page.notes([found, *(f"Note: {plain(warning)}." for warning in digest.result.warnings)])


def why(deck: Deck, explanation: Explanation, theme: Theme) -> None:
    """The explanation: what each paragraph begins with, and the whole text in the notes."""
    foot = _foot(explanation.sections)
    room = slide.BODY_HEIGHT - sum(map(body_height, foot))
    pages = _pages(explanation.sections, room)
    for number, sections in enumerate(pages, 1):
        page = Page(deck, BODY, theme)
        place = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
        page.title(f"{explanation.title}{place}")
        shown = [words for section in sections for words in _key_sentences(section, room)]
        is_marked = any(MARK in words.text for words in shown)
        page.body([*shown, *(_foot(sections) if is_marked else ())])
        notes: list[str] = []
        for section in sections:
            notes += ["", section.heading, *map(_whole, section.paragraphs)]
        page.notes([*notes[1:], *(words.text for words in _foot(sections))])


def _foot(sections: Sequence[Section]) -> list[Words]:
    """Why numbers of these sections bear the mark; nothing where none does."""
    why = note(Explanation("", tuple(sections)).doubts)
    return [Words(why, FACT, muted=True)] if why else []


def _whole(paragraph: Paragraph) -> str:
    return " ".join(sentence.text for sentence in paragraph)


def _key_sentences(section: Section, room: float) -> list[Words]:
    """The heading, and what each paragraph begins with: less of each where a slide cannot hold it,
    and then of fewer."""
    heading = Words(section.heading, HEADING, bold=True)
    for most in range(SENTENCES, 0, -1):
        first = [Words(_whole(paragraph[:most]), TEXT) for paragraph in section.paragraphs]
        if len(_fitting([heading, *first], room)) == 1 + len(first):
            return [heading, *first]
    return _fitting([heading, *first], room)


def _pages(sections: Sequence[Section], room: float) -> list[list[Section]]:
    """As many sections to a slide as fit, and the slides about equally full."""
    fewest = len(_filled(sections, room, room))
    limits = (room * share / 20 for share in range(1, 21))
    return next(
        pages
        for pages in (_filled(sections, limit, room) for limit in limits)
        if len(pages) == fewest
    )


def _filled(sections: Sequence[Section], limit: float, room: float) -> list[list[Section]]:
    """The sections in order, no slide higher than the limit but one of a single section."""
    pages: list[list[Section]] = []
    used = 0.0
    for section in sections:
        high = sum(map(body_height, _key_sentences(section, room)))
        if pages and used + high <= limit:
            pages[-1].append(section)
            used += high
        else:
            pages.append([section])
            used = high
    return pages


def _measured(deck: Deck, digest: Digest, theme: Theme) -> None:
    """How it was measured; of each figure, and what one unit was, in the notes."""
    page = Page(deck, BODY, theme)
    page.title("How it was measured: from outside, in fresh processes, at rest")
    sources = [
        f"{part}: {source}{'' if cases == 'all' else f' ({cases})'}"
        for part, source, cases in sheets.sources(digest).table.words
    ]
    lines = [*_plan(digest.result), *METHOD]
    read = [Words("Where the bytes were read", HEADING, bold=True)] if sources else []
    page.body(
        _fitting(
            [Words(line, TEXT) for line in lines] + read + [Words(one, TEXT) for one in sources]
        )
    )
    notes = [f"{chart.heading}: {chart.how}" for chart in digest.charts]
    page.notes([*notes, "", "What one unit was:", *_lines(sheets.unit_kinds(digest)), "", *sources])


def _plan(result: Result) -> list[str]:
    plan: Plan = result.plan
    if not plan.sweeps:
        most = f", for at most {units.seconds(plan.budget_seconds)}" if plan.budget_seconds else ""
        return [f"Each runtime was launched in one process until something refused{most}."]
    climb = "a climb through growing counts and " if plan.climb else ""
    shuffled = f"The order of the runtimes was shuffled (seed {plan.seed})."
    repeats = f"{climb}{units.count(plan.sweeps)} repeats, each in a fresh process"
    return [f"The plan for each runtime: {repeats}.", shuffled]


def _lines(sheet: Titled) -> list[str]:
    """A sheet's rows, a line each."""
    return [f"{row[0]}: {', '.join(cell for cell in row[1:] if cell)}" for row in sheet.table.words]


def _fitting(lines: Sequence[Words], room: float = slide.BODY_HEIGHT) -> list[Words]:
    """The lines that fit on a slide, or into `room` of it."""
    kept: list[Words] = []
    used = 0.0
    for words in lines:
        used += body_height(words)
        if used > room:
            break
        kept.append(words)
    return kept


def _again(deck: Deck, digest: Digest, theme: Theme) -> None:
    """The machine, the versions, and the command that does it again."""
    page = Page(deck, FIGURE, theme)
    page.title("To repeat this run: the machine, the versions, the command")
    rows = sheets.machine(digest).table.words
    own = [row for row in rows if not row[0].startswith(("version of ", "limit "))]
    others = [row for row in rows if row not in own]
    wide = (WIDE - 0.4) / 2
    for facts, left in ((own, MARGIN), (others, MARGIN + wide + 0.4)):
        lines = [Words(text.cut(f"{name}: {value}", wide, FACT), FACT) for name, value in facts]
        high = MOST_FACTS * FACT * text.LINE / 72
        page.text(Box(left, FACTS_TOP, wide, high), lines[:MOST_FACTS])
    command = repeat(digest.result)
    top = FACTS_TOP + MOST_FACTS * FACT * text.LINE / 72 + 0.15
    box = Box(MARGIN, top, WIDE, slide.HEIGHT - 0.35 - top)
    letters = int(WIDE * 72 / (FACT * MONO_WIDTH)) - LONGEST  # in a line: it breaks between words
    most = letters * int(box.height * 72 / (FACT * text.LINE))
    page.text(box, [Words(text.shortened(command, most), FACT, font=MONO)])
    page.notes([command, "", *_lines(sheets.machine(digest)), "", caption(digest.result)])
