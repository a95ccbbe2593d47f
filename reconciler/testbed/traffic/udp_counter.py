"""Counts the stream where it reaches the firewall: `...udp_counter INTERFACE PORT OUT`.

The kernel counts, even while other programs have the processor: a packet socket with a filter for
the stream and a minimal buffer, of which only the statistics are read. Also reports how many
packets of any kind the link behind the interface OUT dropped. Runs until SIGTERM.
"""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

from reconciler.testbed.traffic.reporting import say
from reconciler.testbed.traffic.udp_receiver import attach_filter, port_filter, statistics

ETH_P_ALL, ETH_P_IP = 0x0003, 0x0800
SKF_AD_PROTOCOL = 0xFFFFF000
# Fields of a line of /proc/net/dev after the name: eight of reception, then of transmission.
TRANSMIT_DROPS = 8 + 3


def stream_filter(port: int) -> list[tuple[int, int, int, int]]:
    """Return classic BPF: UDP over IPv4 to `port`, in a socket that sees every protocol."""
    steps = port_filter(port)
    return [(0x28, 0, 0, SKF_AD_PROTOCOL), (0x15, 0, len(steps) - 1, ETH_P_IP), *steps]


def open_counter(interface: str, port: int) -> socket.socket:
    """Open a packet socket that counts the stream on `interface`.

    It sees every protocol, because a bridge takes packets before sockets bound to one protocol see
    them.
    """
    counter = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    attach_filter(counter, stream_filter(port))
    counter.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    counter.bind((interface, ETH_P_ALL))
    return counter


def transmit_drops(interface: str, table: str) -> int:
    """Return the packets that could not be handed to the far end; `table` is the text of
    /proc/net/dev.
    """
    for line in table.splitlines():
        name, _, fields = line.partition(":")
        if name.strip() == interface:
            return int(fields.split()[TRANSMIT_DROPS])
    return 0


def run(interface: str, port: int, out: str) -> None:
    """Count until SIGTERM."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    devices = Path("/proc/self/net/dev")
    with open_counter(interface, port) as counter:
        before = transmit_drops(out, devices.read_text())
        say("ready")
        signal.sigwait({signal.SIGTERM})
        arrived, _ = statistics(counter)
        dropped = transmit_drops(out, devices.read_text()) - before
        say("result", udp_arrived=arrived, link_drops=dropped)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), sys.argv[3])
