"""Runners of a few lines, each with one thing wrong, for faults that must really happen."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

HELLO = (
    '{"reply": "hello", "contract": 1, "runtime": "script", "version": "1", '
    '"unit": "nothing", "facts": {}}'
)
BEGINNING = f"""\
import os, signal, sys, time
alive = 0
def say(text):
    sys.stdout.write(text + "\\n")
    sys.stdout.flush()
def grow(count):
    global alive
    alive = count
    say('{{"reply": "grow", "alive": %d, "burst_ns": 1000}}' % count)
HELLO = '''{HELLO}'''
"""
OBEDIENT = """\
say(HELLO)
for line in sys.stdin:
    word, _, count = line.strip().partition(" ")
    if word == "grow":
        grow(int(count))
    elif word == "probe":
        many = [500] * int(count)
        say('{"reply": "probe", "alive": %d, "start_ns": %s, "empty_ns": %s}' % (alive, many, many))
    elif word == "release":
        alive = 0
        say('{"reply": "release", "alive": 0, "release_ns": 1000}')
    else:
        say('{"reply": "error", "message": "no command"}')
"""


def script(folder: Path, body: str = OBEDIENT, name: str = "runner.py") -> tuple[str, ...]:
    """The words that start a runner whose program is `body`, after a few helpers."""
    path = folder / name
    path.write_text(BEGINNING + textwrap.dedent(body), encoding="utf-8")
    return (sys.executable, "-I", "-S", str(path))


def answering(grow: str) -> str:
    """The body of a runner that says hello, then answers its first command by `grow`'s lines."""
    return "say(HELLO)\nsys.stdin.readline()\n" + textwrap.dedent(grow) + "\ntime.sleep(60)\n"
