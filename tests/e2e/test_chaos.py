"""Everything is killed at random moments of upgrades and checkpoints, under traffic.

Releases take turns with layout 1 and layout 2 of their sessions, so that moments fall into carries
both ways. Whatever dies, the element comes back by itself, with every session that is older than
the checkpoint interval or was in a checkpoint when it died, and with none that never was.
"""

from __future__ import annotations

import asyncio
import socket
from random import Random
from typing import Any

import pytest

from reconciler.demo.desired import Files, edited
from reconciler.demo.measure import traffic
from reconciler.demo.network import SERVER_ADDRESS, Network
from reconciler.demo.site import Site
from reconciler.demo.walkthrough import Scenario
from reconciler.library import Library
from reconciler.outcome import OutcomeKind
from tests.e2e.conftest import SMALL, THOROUGH
from tests.e2e.held import held
from tests.e2e.openings import watched
from tests.e2e.place import place, with_checkpoints
from tests.e2e.victim import INTERVAL, KINDS, Victim
from tests.supervisor.running import socket_in

MOMENTS = 200 if THOROUGH else 12
SEED = 20181
LONGEST_WAIT = 1.2
"""Seconds after a commit: by then its upgrade is confirmed."""
LONGEST_WRITING = 0.01
"""Seconds after a checkpoint was asked for: by then it is written."""
DNS = 53


@pytest.mark.timeout(120 + 15 * MOMENTS)
@pytest.mark.usefixtures("builder")
async def test_killed_at_random_moments(
    site: Site, scenario: Scenario, library: Library, library_1: Library
) -> None:
    random = Random(SEED)
    files = with_checkpoints(scenario.first, interval=f"{INTERVAL:g}s")
    async with place(site, files) as here:
        assert (await here.reconcile(library_1)).kind is OutcomeKind.APPLIED
        async with (
            watched(site.network) as openings,
            traffic(site.network, SMALL) as flow,
            held(site.network) as open_ones,
        ):
            one = Victim(here.device, open_ones, openings)
            for moment in range(MOMENTS):
                kind = KINDS[moment % len(KINDS)]
                await open_ones.add()
                ask(site.network)
                # Each kind in turn with either.
                if (moment + moment // len(KINDS)) % 2:
                    await one.interval_passed()
                else:
                    await one.saved()
                here.commits.commit(f"moment {moment}", change(scenario, moment))
                async with here.followed(library if await here.version() == 1 else library_1):
                    await asyncio.sleep(random.uniform(0, LONGEST_WAIT))
                    writing = random.uniform(0, LONGEST_WRITING) if moment % 3 == 2 else None
                    await one.dies(kind, writing)
                    await one.comes_back(f"moment {moment}: {kind}")
            await flow.finish()


def ask(network: Network) -> None:
    """A question over UDP that nobody answers."""
    with socket_in(network.client, socket.SOCK_DGRAM) as client:
        client.sendto(b"?", (SERVER_ADDRESS, DNS))


def change(scenario: Scenario, moment: int) -> Files:
    """Another rule each time, and every third time another size of the table."""
    path = scenario.element

    def edit(document: Any) -> None:
        document["spec"]["version"] = f"1.1.{moment}"
        document["spec"]["parameters"]["allowed"].append(f"tcp dst port {8000 + moment}")
        document["spec"]["parameters"]["session_capacity"] = 4096 << (moment // 3 % 3)

    return {path: edited(scenario.first[path], edit)}
