"""The errors that a user can meet, each with the exit code that `bench.cli` turns it into.

A message says what happened, what was expected, and what to type next. Raised anywhere; only
`bench.cli.main` ends the process.
"""

import errno

FAULT = 70  # an internal error

REFUSALS = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})
REFUSING_WORDS = ("Cannot allocate memory", "failed to map", "Too many open files", "new thread")


class OutnumberError(Exception):
    """A failure with a sentence for the user. Subclasses differ in `exit_code` alone."""

    exit_code = FAULT


class UsageError(OutnumberError):
    """What was typed cannot be done: exit code 2."""

    exit_code = 2


class MeasureError(OutnumberError):
    """Nothing could be measured: exit code 4."""

    exit_code = 4


class ResultError(OutnumberError):
    """A result file that cannot be read: exit code 5. The message names the place in the file."""

    exit_code = 5


def is_refusal(error: BaseException) -> bool:
    """Whether the system refused memory, a descriptor, a process or a thread: whoever asked for it,
    that is a limit reached and no fault."""
    if isinstance(error, OSError):
        return error.errno in REFUSALS
    spoken = isinstance(error, ImportError | RuntimeError | SystemError)
    said = any(words in str(error) for words in REFUSING_WORDS)
    return isinstance(error, MemoryError) or (spoken and said)
