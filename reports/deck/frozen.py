"""A deck as bytes, the same for the same content: the dates in its archive are none."""

from __future__ import annotations

import io
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pptx.presentation import Presentation as Deck


def frozen(deck: Deck) -> bytes:
    """The file's bytes."""
    made, kept = io.BytesIO(), io.BytesIO()
    deck.save(made)
    with ZipFile(made) as source, ZipFile(kept, "w") as target:
        for part in source.infolist():
            dateless = ZipInfo(part.filename)  # 1980, the archive's own beginning
            target.writestr(dateless, source.read(part), ZIP_DEFLATED)
    return kept.getvalue()
