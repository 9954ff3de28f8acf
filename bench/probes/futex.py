"""The futex hash: in its slots the kernel finds the sleeping threads of a process.

Since Linux 6.16 each process has one of its own, of 16 slots and up to four for each processor,
however many threads there are. With ten thousand asleep, waking one goes through hundreds of them.
"""

from __future__ import annotations

FUTEX_HASH, GET_SLOTS = 78, 2  # of linux/prctl.h


def has_own_hash() -> bool:
    """Whether this kernel gives each process a futex hash, whose slots can be set."""
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(FUTEX_HASH, GET_SLOTS, 0, 0, 0) >= 0)
    except (ImportError, OSError, AttributeError):  # not Linux, or a Python without it
        return False
