"""gevent greenlets that wait on one event."""

import os
import sys
import time

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]

gate = Event()
stops = [int(word) for word in sys.argv[1:]]


def unit() -> None:
    gate.wait()


alive = 0
for stop in stops:
    began = time.perf_counter()
    for _ in range(alive, stop):
        gevent.spawn(unit)
    while gate.linkcount() < stop:
        gevent.sleep(0)
    print("ready", time.perf_counter() - began, flush=True)
    alive = stop
    if not sys.stdin.readline():
        break
os._exit(0)
