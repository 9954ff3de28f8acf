"""Threads that wait on one event."""

import os
import sys
import threading
import time

gate = threading.Event()
stops = [int(word) for word in sys.argv[1:]]


def unit() -> None:
    gate.wait()


threads: list[object] = []
alive = 0
for stop in stops:
    threads += [None] * (stop - alive)
    began = time.perf_counter()
    for number in range(alive, stop):
        new = threads[number] = threading.Thread(target=unit)
        new.start()
    while len(gate._cond._waiters) < stop:  # type: ignore[attr-defined]
        time.sleep(0.0005)
    print("ready", time.perf_counter() - began, flush=True)
    alive = stop
    if not sys.stdin.readline():
        break
os._exit(0)
