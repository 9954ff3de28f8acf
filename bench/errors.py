"""The errors that a user can meet, each with the exit code that `bench.cli` turns it into.

A message says what happened, what was expected, and what to type next. Raised anywhere; only
`bench.cli.main` ends the process.
"""

FAULT = 70  # a fault of ours


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
