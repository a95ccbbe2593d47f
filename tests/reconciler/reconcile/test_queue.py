from __future__ import annotations

import asyncio
import random

import pytest

from reconciler.reconcile.queue import KeyedQueue


async def test_a_key_waits_once_and_in_order() -> None:
    queue = KeyedQueue()
    for key in ("a", "b", "a"):
        queue.add(key)
    assert [await queue.get(), await queue.get()] == ["a", "b"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 0.01)


async def test_a_key_added_while_it_runs_runs_again_afterwards() -> None:
    queue = KeyedQueue()
    queue.add("a")
    await queue.get()
    queue.add("a")
    queue.add("a")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 0.01)
    queue.done("a")
    assert await queue.get() == "a"
    queue.done("a")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 0.01)


async def test_a_cancelled_getter_loses_no_wake_up() -> None:
    queue = KeyedQueue()
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add("a")
    waiting.cancel()
    await asyncio.wait({waiting})
    assert await asyncio.wait_for(queue.get(), 1) == "a"


async def test_many_workers_never_run_a_key_twice_at_once_and_miss_nothing() -> None:
    queue, running, seen = KeyedQueue(), set[str](), dict[str, int]()
    written: dict[str, int] = {}

    async def work() -> None:
        while True:
            key = await queue.get()
            assert key not in running
            running.add(key)
            version = written[key]
            await asyncio.sleep(0)
            seen[key] = version
            running.remove(key)
            queue.done(key)

    workers = [asyncio.create_task(work()) for _ in range(4)]
    chance = random.Random(1)
    for version in range(500):
        key = chance.choice("abcdefg")
        written[key] = version
        queue.add(key)
        if chance.random() < 0.3:
            await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    for worker in workers:
        worker.cancel()
    assert seen == written
