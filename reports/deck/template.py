"""An empty presentation in the report's own look: 16:9, its theme's colours, its letters.

The look stands in the presentation's theme, master and layouts, so that slides that a speaker adds
have it too.
"""

from __future__ import annotations

from typing import Any

from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE as TYPE
from pptx.opc.oxml import serialize_part_xml
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.presentation import Presentation as Deck
from pptx.util import Emu, Inches

from reports.draw.slide import (
    BODY,
    BODY_HEIGHT,
    BODY_TOP,
    COVER,
    FIGURE,
    FOOT_HEIGHT,
    FOOT_TOP,
    MARGIN,
    TITLE_HEIGHT,
    TITLE_TOP,
    WIDE,
    WIDTH,
)
from reports.draw.slide_text import FONT
from reports.palette import DARK, LIGHT, Theme

TITLE_POINTS, BODY_POINTS = 28, 20

PLACES: dict[str, tuple[float, float, float, float]] = {
    "title": (MARGIN, TITLE_TOP, WIDE, TITLE_HEIGHT),
    "ctrTitle": (MARGIN, 1.3, WIDE, 2.9),
    "subTitle": (MARGIN, 4.4, WIDE, 1.3),
    "body": (MARGIN, BODY_TOP, WIDE, BODY_HEIGHT),
    "dt": (MARGIN, FOOT_TOP, 2.5, FOOT_HEIGHT),
    "ftr": (MARGIN + 3, FOOT_TOP, WIDE - 6, FOOT_HEIGHT),
    "sldNum": (WIDTH - MARGIN - 2.5, FOOT_TOP, 2.5, FOOT_HEIGHT),
}

ANCHORS = {"ctrTitle": "b", "dt": "ctr", "ftr": "ctr", "sldNum": "ctr"}
SIDES = {"ftr": "ctr", "sldNum": "r"}
RELICS = (TYPE.PRINTER_SETTINGS, TYPE.THUMBNAIL, TYPE.EXTENDED_PROPERTIES)


def presentation(theme: Theme) -> Deck:
    """A presentation without slides, with the three layouts that a deck is made of."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Emu(12_192_000), Emu(6_858_000)
    deck.part._element.find(qn("p:sldSz")).attrib.pop("type", None)
    for layout in list(deck.slide_layouts):
        if layout.name not in (COVER, BODY, FIGURE):
            deck.slide_layouts.remove(layout)
    _paint(deck.slide_master, theme)
    _set_type(deck.slide_master)
    for slide in (deck.slide_master, *deck.slide_layouts):
        _lay_out(slide)
    # What the template says of its own making: a picture of it, its printer, its program.
    for owner in (deck.part, deck.part.package):
        for key, relation in list(owner._rels.items()):
            if relation.reltype in RELICS:
                owner._rels.pop(key)
    return deck


def _paint(master: Any, theme: Theme) -> None:
    """The theme's colours and letters. In a dark one the master maps grounds to the dark colours,
    as PowerPoint's own designs do, so that light and dark keep their meaning."""
    part = master.part.part_related_by(TYPE.THEME)
    tree: Any = parse_xml(part.blob)
    dark = theme.name == "dark"
    light_one, dark_one = (theme.ink, theme.ground) if dark else (theme.ground, theme.ink)
    colours = {"dk1": dark_one, "lt1": light_one, "dk2": DARK.line, "lt2": LIGHT.line}
    accents = list(theme.runtimes.values())[:6]
    colours |= {f"accent{number}": one for number, one in enumerate(accents, 1)}
    colours |= {"hlink": theme.parts["user"], "folHlink": theme.muted}
    scheme = tree.find(f".//{qn('a:clrScheme')}")
    for name, colour in colours.items():
        slot = scheme.find(qn(f"a:{name}"))
        for old in list(slot):
            slot.remove(old)
        new = OxmlElement("a:srgbClr")
        new.set("val", colour[1:])
        slot.append(new)
    for font in tree.iter(qn("a:latin")):
        font.set("typeface", FONT)
    scheme.set("name", "outnumber")
    tree.set("name", "outnumber")
    part.blob = serialize_part_xml(tree)
    if dark:
        turned = {"bg1": "dk1", "tx1": "lt1", "bg2": "dk2", "tx2": "lt2"}
        master.element.find(qn("p:clrMap")).attrib.update(turned)


def _set_type(master: Any) -> None:
    """Titles bold, from the left; lists at a size that fits a slide."""
    styles = master.element.find(qn("p:txStyles"))
    title = styles.find(f"{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    title.set("algn", "l")
    title.find(qn("a:defRPr")).attrib.update({"sz": str(100 * TITLE_POINTS), "b": "1"})
    for level, down in enumerate((0, 2, 4, 4, 4), 1):
        found = styles.find(f"{qn('p:bodyStyle')}/{qn(f'a:lvl{level}pPr')}/{qn('a:defRPr')}")
        found.set("sz", str(100 * (BODY_POINTS - down)))


def _lay_out(slide: Any) -> None:
    """Every placeholder at its place: the template's are for 4:3."""
    for shape in slide.placeholders:
        kind = shape.element.find(f".//{qn('p:ph')}").get("type", "body")
        shape.left, shape.top, shape.width, shape.height = map(Inches, PLACES[kind])
        body = shape.text_frame._txBody.find(qn("a:bodyPr"))
        body.set("anchor", ANCHORS.get(kind, "t"))
        for inset in ("lIns", "tIns", "rIns", "bIns"):
            body.set(inset, "0")
        for level in shape.element.iter(qn("a:lvl1pPr")):
            level.set("algn", SIDES.get(kind, "l"))
