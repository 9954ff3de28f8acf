"""Whether the machine does other work now, by short looks at its processors, and the wait for its
end.

Not by the load average, which says for minutes what has ended. What this process and its children
spend (builds) is not other work.
"""

from __future__ import annotations

from bench.derive.doubts import BUSY_SHARE
from bench.engine.rig import Rig, shares_of_others

LOOK_SECONDS = 0.5
QUIET_LOOKS = 4  # in a row: work that comes and goes is not over at its first pause


def busy_share(rig: Rig, seconds: float | None = None) -> float | None:
    """The share of the processors' time that others take, over half a second or so many seconds;
    `None` where that is too little to matter, or unknown."""
    before = rig.processor_time()
    rig.clock.sleep(LOOK_SECONDS if seconds is None else seconds)
    shares = [share for share in shares_of_others(rig, before) if share is not None]
    return share if shares and (share := sum(shares)) >= BUSY_SHARE else None


def wait_until_quiet(rig: Rig, at_most: float) -> bool:
    """Waits until the machine is quiet for two seconds; false where it was not within `at_most`
    seconds."""
    end = rig.clock.monotonic() + at_most
    while rig.clock.monotonic() < end:
        if all(busy_share(rig) is None for _ in range(QUIET_LOOKS)):
            return True
    return False
