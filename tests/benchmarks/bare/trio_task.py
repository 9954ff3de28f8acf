"""trio tasks in one nursery that wait on one event."""

import os
import sys
import time

import trio

gate = trio.Event()
stops = [int(word) for word in sys.argv[1:]]


async def unit() -> None:
    await gate.wait()


async def main() -> None:
    alive = 0
    async with trio.open_nursery() as nursery:
        for stop in stops:
            began = time.perf_counter()
            for _ in range(alive, stop):
                nursery.start_soon(unit)
            while gate.statistics().tasks_waiting < stop:
                await trio.sleep(0)
            print("ready", time.perf_counter() - began, flush=True)
            alive = stop
            if not sys.stdin.readline():
                break
        os._exit(0)


trio.run(main)
