"""Where the command starts, as `outnumber` or as `python -m outnumber`.

The harness consists of the packages `bench`, `runners` and `reports`. An installation holds them in
`_house` below this folder, so that no environment gets packages with these common names; a checkout
holds them beside it. Either folder goes first on this process's path: a project's own `bench` or
`reports` on PYTHONPATH or in the current folder is never taken for ours.

Signals are handled before anything slow is loaded. A start that fails exits with 70: Python's own
exit code is 1, which is a regression's here.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import warnings
from typing import NoReturn

FAULT, COULD_NOT_MEASURE = 70, 4  # as in bench.errors, which may be what cannot be loaded
HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib loads slowly


def main() -> None:
    """Runs the command that was typed and ends the process with its exit code."""
    warnings.simplefilter("ignore")  # a library's word to its developers is none to users
    put_house_first()
    try:
        from bench import signals
        from bench.cli import streams
    except Exception as error:
        fail(error)
    signals.declare()
    signals.install()
    streams.guard()
    try:
        from bench.cli.main import main as run
    except signals.Interrupted as error:
        report(f"outnumber: {error}")
        sys.exit(error.exit_code)
    except Exception as error:
        fail(error)
    try:
        run()
    except Exception as error:  # even to tell of it was refused
        fail(error)


def put_house_first() -> None:
    """Makes the harness's packages the ones that are imported. `python -m` puts the current folder
    on the path, where a file named `json.py` would replace the standard library's."""
    house = os.path.join(HERE, "_house")  # noqa: PTH118
    if __name__ == "__main__" and not sys.flags.safe_path:
        del sys.path[0]
    sys.path.insert(0, house if os.path.isdir(house) else os.path.dirname(HERE))  # noqa: PTH112, PTH120


def fail(error: Exception) -> NoReturn:
    """Ends the process. As a rule, something in the environment is missing or broken."""
    if is_refused(error):
        report_refusal(error)
    try:
        import traceback

        report("".join(traceback.format_exception(error)))
        report(
            f"outnumber cannot start: {type(error).__name__}: {error}\n"
            "expected an environment with all that it needs; type: "
            f"{sys.executable} -m pip install --force-reinstall outnumber"
        )
    except Exception as another:  # even to tell of it is refused
        report_refusal(another)
    sys.exit(FAULT)


def is_refused(error: Exception) -> bool:
    """Whether a limit did it; that may be what nothing can be loaded for."""
    words = ("Cannot allocate memory", "failed to map", "Too many open files", "without exception")
    return isinstance(error, MemoryError) or any(one in str(error) for one in words)


def report_refusal(error: Exception) -> NoReturn:
    """Names the limit and ends the process. Takes hardly any memory, and no guarded stream."""
    limits = [("RLIMIT_AS", resource.RLIMIT_AS), ("RLIMIT_DATA", resource.RLIMIT_DATA)]
    if "Too many open files" in str(error):
        limits = [("RLIMIT_NOFILE", resource.RLIMIT_NOFILE)]
    found = [(name, resource.getrlimit(which)[0]) for name, which in limits]
    name, value = next((one for one in found if one[1] != resource.RLIM_INFINITY), ("memory", 0))
    text = f"outnumber cannot start: {name} ({value:,}) is less than the command itself needs"
    with contextlib.suppress(OSError):
        os.write(2, f"{text}; type: prlimit --{name[7:].lower()}=unlimited outnumber …\n".encode())
    os._exit(COULD_NOT_MEASURE)


def report(message: str) -> None:
    """Prints on standard error, if that is still read."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
