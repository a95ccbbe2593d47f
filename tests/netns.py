"""The demo's network for tests, and a kernel bridge in the firewall's place."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pyroute2 import NetNS  # type: ignore[import-untyped]  # ships no types

from reconciler.testbed.network import Network, network
from reconciler.testbed.sandbox import inside

needs_sandbox = pytest.mark.skipif(
    not inside(),
    reason="needs its own network namespaces: python -m reconciler.testbed.sandbox -- pytest ...",
)


def bridge(joined: Network) -> None:
    """Let the kernel forward between client and server."""
    with NetNS(joined.firewall.path, flags=0) as route:
        route.link("add", ifname="br0", kind="bridge")
        (master,) = route.link_lookup(ifname="br0")
        for name in ("eth0", "eth1"):
            (index,) = route.link_lookup(ifname=name)
            route.link("set", index=index, master=master)
        route.link("set", index=master, state="up")


@contextmanager
def bridged_network() -> Iterator[Network]:
    """client -- kernel bridge -- server."""
    with network() as joined:
        bridge(joined)
        yield joined


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
