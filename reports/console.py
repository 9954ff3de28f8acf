"""The console that everything drawn with rich is printed on.

What is drawn comes from results, runners and files: of all that is printed, only rich's own control
sequences (colours, the cursor of the live view) reach the terminal as such. Text is never markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

from reports.wording.escape import visible


class Console(RichConsole):
    """rich's console, which makes visible what text hides and takes no text for markup."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, **options})

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield segment._replace(text=visible(segment.text))
