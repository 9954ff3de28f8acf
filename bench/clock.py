"""Time as the harness sees it, so that a fake clock runs the tests without waiting."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock that can also wait. Both in seconds."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits for at least `seconds`."""
        ...

    def spin(self, seconds: float) -> None:
        """As `sleep`, but keeps its processor awake all the while."""
        ...


@dataclass(frozen=True)
class RealClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def spin(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
