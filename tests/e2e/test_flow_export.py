"""Upgrades of a router that meters flows: a collector sees one exporter, whole and in sequence.

The router stands between two hosts of one subnet: on each side it answers for the other one.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from reconciler.testbed.measure import UDP_PORT, Load, traffic
from reconciler.testbed.network import CLIENT_ADDRESS, SERVER_ADDRESS
from reconciler.testbed.site import Site
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.pipelines import changed, number, pipeline, running, upgrade
from tests.e2e.support.waiting import eventually
from tests.elements.wires import within
from tests.ipfix import Collector

LOAD = Load(downloaders=8, download_bytes=32_768, packets_per_second=4_000)
IPFIX_PORT = 4739
EXPORTER = "10.77.0.9"
ROUTER = f"""\
apiVersion: click-up/v1alpha1
kind: NetworkElement
metadata: {{name: metered-router}}
spec:
  version: 1.0.0
  interfaces: [lan, wan]
  states:
    flows:      {{use: FlowTable, with: {{active: 1s, idle: 1s}}, keep: required}}
    neighbours: {{use: NeighbourTable, keep: required}}
  atoms:
    from_lan: {{use: Receive, with: {{interface: lan}}}}
    from_wan: {{use: Receive, with: {{interface: wan}}}}
    outbound: {{use: Dissect}}
    inbound:  {{use: Dissect}}
    out:      {{use: MeterFlows, with: {{flows: flows}}}}
    in:       {{use: MeterFlows, with: {{flows: flows}}}}
    export:   {{use: ExportFlows, with: {{flows: flows, collector: {SERVER_ADDRESS}, source: {EXPORTER}}}}}
    on_lan:
      use: ResolveNeighbour
      with: {{neighbours: neighbours, ether: "02:00:00:00:77:02", addresses: [{SERVER_ADDRESS}/24], poll: 1h}}
    on_wan:
      use: ResolveNeighbour
      with: {{neighbours: neighbours, ether: "02:00:00:00:77:01", addresses: [{CLIENT_ADDRESS}/24], poll: 1h}}
    to_lan:   {{use: Send, with: {{interface: lan}}}}
    to_wan:   {{use: Send, with: {{interface: wan}}}}
    drop:     {{use: Discard}}
  flow:
    - from_lan -> outbound[ip] -> out -> [packets]on_wan[out] -> to_wan
    - from_wan -> inbound[ip] -> in -> [packets]on_lan[out] -> to_lan
    - outbound[arp] -> [link]on_lan
    - inbound[arp] -> [link]on_wan
    - export -> [packets]on_wan
    - outbound[other] -> drop
    - inbound[other] -> drop
"""  # noqa: E501


@asynccontextmanager
async def collecting(site: Site) -> AsyncIterator[Collector]:
    """Run a collector on the server while the block runs and until no more messages arrive."""

    def make() -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        made.bind((SERVER_ADDRESS, IPFIX_PORT))
        made.setblocking(False)
        return made

    collector = Collector()
    with within(site.network.server, make) as receiving:

        def take() -> None:
            message, sender = receiving.recvfrom(65536)
            assert sender == (EXPORTER, IPFIX_PORT), "one exporter, whoever works"
            collector.take(message)

        asyncio.get_running_loop().add_reader(receiving.fileno(), take)
        yield collector
        asyncio.get_running_loop().remove_reader(receiving.fileno())


def counted(spec: Any) -> None:
    spec["atoms"]["metered"] = {"use": "Count"}
    spec["flow"][0] = "from_lan -> outbound[ip] -> out -> metered -> [packets]on_wan[out] -> to_wan"


def rerouted(spec: Any) -> None:
    spec["atoms"]["reports"] = {"use": "Count"}
    spec["flow"][4] = "export -> reports -> [packets]on_wan"


async def test_the_export_goes_on_in_sequence(site: Site) -> None:
    second = changed(ROUTER, "1.1.0", counted)
    third = changed(ROUTER, "1.2.0", rerouted)
    async with (
        collecting(site) as collector,
        running(site, pipeline(site, ROUTER), second, third) as followed,
    ):
        async with traffic(site.network, LOAD) as flow:
            asked = await queries(followed)
            await upgrade(followed, second)
            await upgrade(followed, third)
            assert await queries(followed) == asked, "neighbours are known, nobody is asked"
            seen = await flow.finish()

        async def all_told() -> bool:
            records = await number(followed, "export.sequence")
            return await number(followed, "flows.count") == 0 and len(collector.records) == records

        await eventually(all_told, 20)
        assert_nothing_lost(seen)
        assert collector.gaps == []
        assert await number(followed, "export.lost") == 0
        assert collector.template_messages <= 2, "one for each minute, not one for each worker"
        sent = (UDP_PORT, CLIENT_ADDRESS)
        assert packets(collector, sent) == seen.udp_sent
        metered = [await number(followed, handler) for handler in ("out.metered", "in.metered")]
        assert packets(collector) == sum(metered)


def packets(collector: Collector, only: tuple[int, str] | None = None) -> int:
    """Return the records of all flows, or of those to a port from an address."""
    return sum(
        int(record["packetDeltaCount"])
        for record in collector.records
        if only in (None, (record["destinationTransportPort"], record["sourceIPv4Address"]))
    )


async def queries(followed: Any) -> int:
    return sum([await number(followed, f"{name}.queries") for name in ("on_lan", "on_wan")])
