"""Concurrent keep-alive downloads, verified: `...http_client ADDRESS PORT DOWNLOADERS SIZE`.

Counted: `http_requests` begun, `http_failures` (any that did not end with all its bytes right),
`tcp_sessions` established, `tcp_resets`: sessions lost, by a reset or because nothing came for
GIVE_UP_SECONDS and the client gave up. A firewall that forgot a session silently drops its packets,
so most lost sessions are of the second kind; `tcp_stalled` says how many, `stalls` when. Time in
which this program itself got no turn does not count as time without an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from dataclasses import asdict

from reconciler.testbed.traffic.downloader import Downloader, Seen
from reconciler.testbed.traffic.reporting import say
from reconciler.testbed.traffic.turns import go_first

START_SPREAD_SECONDS = 0.5
PROGRESS_SECONDS = 0.25


async def download(target: tuple[str, int], downloaders: int, size: int) -> None:
    """Download until SIGTERM, reporting four times a second, then the result."""
    priority, seen = go_first(), Seen()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with asyncio.TaskGroup() as group:
        group.create_task(progress(seen, stop))
        for seed in range(downloaders):
            group.create_task(Downloader(target, seed, size, seen).run(stop))
            await asyncio.sleep(START_SPREAD_SECONDS / downloaders)
    said = {"priority": priority, "stalls": seen.stalls, "samples": seen.samples.as_json()}
    say("result", **asdict(seen.counts), **said, **seen.lateness.as_json())


async def progress(seen: Seen, stop: asyncio.Event) -> None:
    """Report the counts so far until `stop`, and when the oldest request under way began."""
    while not stop.is_set():
        oldest = min(seen.begun.values(), default=time.time())
        say("progress", **asdict(seen.counts), oldest=oldest)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PROGRESS_SECONDS):
                await stop.wait()


if __name__ == "__main__":
    address, port, downloaders, size = sys.argv[1:5]
    asyncio.run(download((address, int(port)), int(downloaders), int(size)))
