"""The control: fixed work in C, timed anew in every run, which no change of a runtime can touch.

When a history's figure moves and the control moves with it, the machine has changed and not the
unit. It is a program of its own rather than work of the harness, whose Python may change.
"""

from __future__ import annotations

from bench.engine import children
from bench.errors import MeasureError
from runners.catalogue import Entry

PATIENCE_SECONDS = 20.0  # for some 0.04 s of work: a machine that cannot do that is not at rest
TAIL_CHARACTERS = 300

# In the catalogue's terms, so that it is built and cached like a runner; the space in its name
# keeps it apart from any of those.
CONTROL = Entry(
    name="the control",
    label="control",
    kind="task",
    language="C",
    source="c/control.c",
    build=(("{cc}", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", "{output}", "{source}"),),
    command=("{output}",),
    needs=("cc",),
)


def sample(command: tuple[str, ...]) -> float:
    """Does the work once, in a fresh process: the seconds that it took by the program's own clock.

    Raises `MeasureError` where it fails or says no number.
    """
    try:
        done = children.run(command, PATIENCE_SECONDS)
        if done.status:
            said = done.errors.decode("utf-8", "replace").strip()[-TAIL_CHARACTERS:]
            raise MeasureError(f"the control ended with status {done.status}: {said}")
        return int(done.output) / 1e9
    except TimeoutError as error:
        raise MeasureError(f"the control took longer than {PATIENCE_SECONDS:.0f} s") from error
    except (OSError, ValueError) as error:
        raise MeasureError(f"the control could not be measured: {error}") from error
