"""A filter over system calls, as a container engine puts over its containers: in a child alone."""

from __future__ import annotations

import os
import sys

# Run before a command: has clone3 (435 wherever it exists) refused with an errno, then becomes it.
PROGRAM = """
import ctypes, os, struct, sys
number, code, *command = sys.argv[1:]
rules = [
    (0x20, 0, 0, 0),                                 # load the system call's number
    (0x15, 0, 1, int(number)),                       # is it this one?
    (0x06, 0, 0, 0x00050000 | int(code)),            # then it fails with this errno
    (0x06, 0, 0, 0x7FFF0000),                        # else it is let through
]
text = b"".join(struct.pack("=HBBI", *rule) for rule in rules)
kept = ctypes.create_string_buffer(text)
program = struct.pack("@HP", len(rules), ctypes.addressof(kept))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
    sys.exit(f"no filter can be set: {os.strerror(ctypes.get_errno())}")
os.execvp(command[0], command)
"""
CLONE3 = 435


def refusing(number: int, code: int) -> tuple[str, ...]:
    """The words before a command by which a system call of it fails with the errno."""
    return (sys.executable, "-I", "-c", PROGRAM, str(number), str(code))


def is_possible() -> bool:
    """Whether filters can be set here."""
    return os.path.exists("/proc/sys/kernel/seccomp")  # noqa: PTH110
