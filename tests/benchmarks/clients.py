"""Load on the screens, as a program of its own: live clients, and searches at a steady rate, until it is told to stop.

    python -m tests.benchmarks.clients ADDRESS COOKIE CLIENTS RATE

Says "ready" once every client hears the station; counts boards, pictures and searches, and prints them when its input
ends.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections import Counter
from contextlib import suppress

import httpx

ASKED: tuple[dict[str, str], ...] = (
    {},
    {"verdict": "REJECT"},
    {"work_order": "demo"},
    {"part_number": "1041-A", "verdict": "PASS"},
)


async def listen(client: httpx.AsyncClient, counts: Counter[str], heard: asyncio.Semaphore) -> None:
    """One screen: the stream of events."""
    async with client.stream("GET", "/live") as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if line == "event: board":
                counts["boards"] += 1
                heard.release()


async def look(client: httpx.AsyncClient, counts: Counter[str]) -> None:
    """Its live picture, as often as a page loads one."""
    while True:
        with suppress(httpx.TransportError):
            answer = await client.get("/live.jpg")
            counts["pictures"] += answer.status_code == 200
        await asyncio.sleep(0.4)


async def search(client: httpx.AsyncClient, counts: Counter[str], rate: float) -> None:
    """Searches at this rate a second; a slow answer keeps the next from nothing."""

    async def one(asked: dict[str, str]) -> None:
        try:
            answer = await client.get("/api/inspections", params=asked)
        except httpx.TransportError:  # the server has closed what was still while the clients were stopped
            counts["lost"] += 1
        else:
            counts["searches" if answer.status_code == 200 else "refused"] += 1

    loop, tasks = asyncio.get_running_loop(), set()
    due = loop.time()
    for asked in itertools.cycle(ASKED):
        task = asyncio.create_task(one(asked))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        due = max(due + 1 / rate, loop.time() - 1)  # who was stopped for a while does not make up for it
        await asyncio.sleep(max(0.0, due - loop.time()))


async def main(address: str, cookie: str, clients: int, rate: float) -> None:
    """All of it, until the input ends."""
    counts: Counter[str] = Counter()
    heard = asyncio.Semaphore(0)
    limits = httpx.Limits(max_connections=None)
    headers = {"cookie": cookie}
    async with httpx.AsyncClient(
        base_url=address, headers=headers, trust_env=False, timeout=60, limits=limits
    ) as client:
        work = [listen(client, counts, heard) for _ in range(clients)]
        work += [look(client, counts) for _ in range(clients)]
        tasks = [asyncio.create_task(task) for task in [*work, search(client, counts, rate)]]
        for _ in range(clients):
            await heard.acquire()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
