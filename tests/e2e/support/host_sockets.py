"""TCP sockets and counters of a host, as `ss -tan` and `nstat` would show them."""

from __future__ import annotations

import socket
from pathlib import Path

from reconciler.testbed.network import Namespace

STATES = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
    "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
)  # fmt: skip


def sockets_text(host: Namespace) -> str:
    """Return one line for each socket. The receive queue of a listening one is the number of
    connections that wait to be accepted.
    """
    lines = (_folder(host) / "tcp").read_text().splitlines()[1:]
    return "\n".join(["state local remote sending receiving", *map(_socket_text, lines)])


def counters_text(host: Namespace) -> str:
    """Return all counters that are not zero: overflows of the backlog, resets,
    retransmissions, ...
    """
    found = []
    for name in ("snmp", "netstat"):
        lines = (_folder(host) / name).read_text().splitlines()
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            both = zip(names.split()[1:], values.split()[1:], strict=True)
            found += [f"{names.split(':')[0]}{key} {value}" for key, value in both if value != "0"]
    return "\n".join(found)


def process_text(pid: int) -> str:
    """Return a process's state, its number of open files and their limit."""
    folder = Path(f"/proc/{pid}")
    limits = (folder / "limits").read_text().splitlines()
    status = (folder / "status").read_text().splitlines()
    chosen = [line for line in limits if line.startswith("Max open files")]
    chosen += [line for line in status if line.startswith(("State", "VmRSS"))]
    return "\n".join([f"open files {len([*(folder / 'fd').iterdir()])}", *chosen])


def _folder(host: Namespace) -> Path:
    return Path(f"/proc/{host.holder.pid}/net")


def _socket_text(line: str) -> str:
    _, local, remote, state, queues = line.split()[:5]
    sending, receiving = (int(queue, 16) for queue in queues.split(":"))
    both = f"{_endpoint_text(local)} {_endpoint_text(remote)}"
    return f"{STATES[int(state, 16)]} {both} {sending} {receiving}"


def _endpoint_text(hexadecimal: str) -> str:
    address, port = hexadecimal.split(":")
    return f"{socket.inet_ntoa(bytes.fromhex(address)[::-1])}:{int(port, 16)}"
