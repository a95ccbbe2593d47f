"""With the kernel at the other end of a tunnel, pings through it are answered."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pyroute2 import NetNS
from pyroute2.netlink.exceptions import NetlinkError

from reconciler.testbed.network import SERVER_ADDRESS, Network, network
from tests.driver.running import ControlClient, RunningDriver
from tests.e2e.support.host import Host
from tests.elements.wires import driver_in
from tests.netns import needs_sandbox

pytestmark = needs_sandbox
OURS, OURS_ETHER, SERVER_ETHER = "10.77.0.9", "02:00:00:00:00:09", "02:00:00:00:00:77"
INSIDE, SERVER_INSIDE = "172.16.0.9", "172.16.0.2"
LINK = f"""\
out :: Queue -> ToDevice(eth1);
FromDevice(eth1, PROMISC true, SNIFFER false) -> c :: Classifier(12/0806, 12/0800, -);
c[0] -> ARPResponder({OURS} {OURS_ETHER}) -> out; c[2] -> Discard;
into -> EtherEncap(0x0800, {OURS_ETHER}, {SERVER_ETHER}) -> out;
"""
VXLAN = LINK + f"""\
into :: VXLANEncap({OURS}, {SERVER_ADDRESS}, 7);
c[1] -> Strip(14) -> CheckIPHeader -> out_of :: VXLANDecap(7, LOCAL {OURS})
  -> i :: Classifier(12/0806, 12/0800, -);
i[0] -> ARPResponder({INSIDE} 02:00:00:00:00:0a) -> into;
i[1] -> Strip(14) -> CheckIPHeader -> ICMPPingResponder -> Unstrip(14) -> EtherMirror -> into;
i[2] -> Discard;
"""  # fmt: skip
GRE = LINK + f"""\
into :: GREEncap({OURS}, {SERVER_ADDRESS}, KEY 7, CHECKSUM true);
c[1] -> Strip(14) -> CheckIPHeader -> out_of :: GREDecap(KEY 7, LOCAL {OURS})
  -> CheckIPHeader -> ICMPPingResponder -> into;
"""  # fmt: skip
Start = Callable[[str], ControlClient]


@pytest.fixture(scope="module")
def joined() -> Iterator[Network]:
    with network() as made:
        with NetNS(made.server.path, flags=0) as netns:
            netns.link("set", index=netns.link_lookup(ifname="eth0")[0], address=SERVER_ETHER)
        yield made


@pytest.fixture
def start(driver: Path, tmp_path: Path, joined: Network) -> Iterator[Start]:
    inside = driver_in(joined.firewall, driver, tmp_path / "driver")
    with ExitStack() as stack:
        yield lambda text: stack.enter_context(
            RunningDriver(inside, text, tmp_path / "control")
        ).client()


@contextmanager
def tunnel(joined: Network, kind: str, **more: object) -> Iterator[Host]:
    """Set up the server's end; provide a host that sends through it. Skips without the module."""
    with NetNS(joined.server.path, flags=0) as netns:
        try:
            netns.link("add", ifname="tunnel", kind=kind, **more)
        except NetlinkError as error:
            if error.code != errno.EOPNOTSUPP:
                raise
            pytest.skip(f"this kernel has no {kind}")
        (index,) = netns.link_lookup(ifname="tunnel")
        netns.addr("add", index=index, address=SERVER_INSIDE, prefixlen=24)
        netns.link("set", index=index, state="up")
        try:
            yield Host(joined.server)
        finally:
            netns.link("del", index=index)


def test_vxlan(joined: Network, start: Start) -> None:
    ends = {"vxlan_group": OURS, "vxlan_local": SERVER_ADDRESS, "vxlan_port": 4789}
    with tunnel(joined, "vxlan", vxlan_id=7, **ends) as server:
        client = start(VXLAN)
        assert server.ping(INSIDE).source == INSIDE
        assert int(client.read("out_of.count")) >= 2  # the question for the address too


def test_gre(joined: Network, start: Start) -> None:
    ends = {"gre_local": SERVER_ADDRESS, "gre_remote": OURS}
    flags = {f"gre_{way}flags": 0xA000 for way in "io"}  # key and checksum
    with tunnel(joined, "gre", gre_ikey=7, gre_okey=7, **ends, **flags) as server:
        start(GRE)
        assert server.ping(INSIDE).source == INSIDE
