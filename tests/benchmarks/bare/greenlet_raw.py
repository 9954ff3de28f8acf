"""Raw greenlets that switch back to the main one: a switch that returns is a parked unit."""

import os
import sys
import time

import greenlet  # type: ignore[import-untyped]

main = greenlet.getcurrent()
stops = [int(word) for word in sys.argv[1:]]


def unit() -> None:
    main.switch()


greenlets: list[object] = []
alive = 0
for stop in stops:
    greenlets += [None] * (stop - alive)
    began = time.perf_counter()
    for number in range(alive, stop):
        new = greenlets[number] = greenlet.greenlet(unit)
        new.switch()
    print("ready", time.perf_counter() - began, flush=True)
    alive = stop
    if not sys.stdin.readline():
        break
os._exit(0)
