"""asyncio tasks that wait on one event."""

import asyncio
import os
import sys
import time

gate = asyncio.Event()
stops = [int(word) for word in sys.argv[1:]]


async def unit() -> None:
    await gate.wait()


async def main() -> None:
    tasks: list[object] = []
    alive = 0
    for stop in stops:
        tasks += [None] * (stop - alive)
        began = time.perf_counter()
        for number in range(alive, stop):
            tasks[number] = asyncio.create_task(unit())
        while len(gate._waiters) < stop:
            await asyncio.sleep(0)
        print("ready", time.perf_counter() - began, flush=True)
        alive = stop
        if not sys.stdin.readline():
            break
    os._exit(0)


asyncio.run(main())
