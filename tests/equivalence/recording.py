"""A capture of real hosts: downloads and a stream of datagrams across a bridge of the kernel's."""

from __future__ import annotations

import asyncio
import select
import socket
import threading
import time

from reconciler.testbed.measure import Load, traffic
from reconciler.testbed.network import Network
from tests.equivalence.flows import LAN, WAN, Seen
from tests.netns import bridged_network
from tests.supervisor.running import socket_in

ETH_P_ALL = 3
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
LOAD = Load(downloaders=20, download_bytes=8192, packets_per_second=300)
SECONDS = 60.0


def recorded(frames: int) -> list[Seen]:
    """Return `frames` frames that arrived on both sides while the hosts talked."""
    with bridged_network() as network:
        recorder = _Recorder(network, frames)
        recorder.thread.start()
        asyncio.run(_talk(network, recorder))
        recorder.thread.join()
    assert len(recorder.seen) == frames
    return recorder.seen


async def _talk(network: Network, recorder: _Recorder) -> None:
    async with traffic(network, LOAD) as flow:
        await asyncio.to_thread(recorder.thread.join)
        await flow.finish()


class _Recorder:
    def __init__(self, network: Network, frames: int) -> None:
        self.seen: list[Seen] = []
        self.thread = threading.Thread(target=self._record)
        self._frames = frames
        self._sockets = {
            _listening(network, name): side for name, side in (("eth0", LAN), ("eth1", WAN))
        }

    def _record(self) -> None:
        end = time.monotonic() + SECONDS
        while len(self.seen) < self._frames and time.monotonic() < end:
            ready, _, _ = select.select(list(self._sockets), [], [], 1.0)
            for one in ready:
                self.seen.append(Seen(self._sockets[one], one.recv(65536)))
        del self.seen[self._frames :]
        for one in self._sockets:
            one.close()


def _listening(network: Network, interface: str) -> socket.socket:
    one = socket_in(network.firewall, socket.SOCK_RAW, socket.AF_PACKET)
    one.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    one.bind((interface, ETH_P_ALL))
    return one
