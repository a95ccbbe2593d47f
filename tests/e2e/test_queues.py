"""The fate of packets that wait in a Delay or in a SendCoDel's queue at a takeover."""

from __future__ import annotations

from typing import Any

from reconciler.testbed.measure import Load, traffic
from reconciler.testbed.merges import Running
from reconciler.testbed.site import Site
from tests.e2e.support.loads import ENOUGH_REQUESTS, SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.pipelines import changed, number, pipeline, running, upgrade
from tests.e2e.support.waiting import eventually

LINE = """\
apiVersion: click-up/v1alpha1
kind: NetworkElement
metadata: {name: line}
spec:
  version: 1.0.0
  summary: Packets to the wan take a while, and leave by a queue that shall not stand.
  interfaces: [lan, wan]
  parameters: {delay: 20ms}
  atoms:
    from_lan:  {use: Receive, with: {interface: lan}}
    from_wan:  {use: Receive, with: {interface: wan}}
    forwarded: {use: Count}
    late:      {use: Delay, with: {delay: $delay, queue: 20000}}
    to_wan:    {use: SendCoDel, with: {interface: wan}}
    to_lan:    {use: Send, with: {interface: lan}}
  flow:
    - from_lan -> forwarded -> late -> to_wan
    - from_wan -> to_lan
"""
STREAM = Load(downloaders=0, packets_per_second=8_000)


def counted(spec: Any) -> None:
    """Also count returning packets."""
    spec["atoms"]["returned"] = {"use": "Count"}
    spec["flow"][1] = "from_wan -> returned -> to_lan"


SECOND = changed(LINE, "1.1.0", counted)


async def drops(followed: Running) -> int:
    """Return the number of packets dropped on the way to the wan, by any worker."""
    elements = ("late/queue", "to_wan/queue", "to_wan/codel", "to_wan")
    return sum([await number(followed, f"{name}.drops") for name in elements])


async def test_what_is_held_back_leaves_before_the_next_worker_begins(site: Site) -> None:
    async with running(site, pipeline(site, LINE), SECOND) as followed:
        async with traffic(site.network, SMALL) as flow:
            await upgrade(followed, SECOND)
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        assert_nothing_lost(seen)
        assert await drops(followed) == 0


async def test_what_is_too_much_to_leave_at_once_is_dropped_and_counted(site: Site) -> None:
    """A second's worth of the stream waits; 64 rounds of 64 packets are the most that leave."""
    async with running(site, pipeline(site, LINE, {"delay": "1s"}), SECOND) as followed:

        async def much_waits() -> bool:
            return await number(followed, "late/queue.length") > 6000

        async def all_have_left() -> bool:
            gone = await number(followed, "to_wan.count") + await drops(followed)
            return gone == await number(followed, "forwarded.count")

        async with traffic(site.network, STREAM) as flow:
            await eventually(much_waits, 20)
            await upgrade(followed, SECOND)
            seen = await flow.finish()
        await eventually(all_have_left, 20)
        assert await drops(followed) == await number(followed, "late/queue.drops") > 0
        assert seen.udp_duplicated == 0
