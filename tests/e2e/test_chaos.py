"""Kills everything at random moments of upgrades and checkpoints, under traffic.

Releases alternate between layout 1 and layout 2 of their sessions, so that moments fall into
carries both ways. Whatever dies, the element comes back by itself, with every session that is older
than the checkpoint interval or was in a checkpoint when it died, and with none that never existed.

CLICKUP_SEED=N draws other moments (`make thorough SEED=N`). The evidence of a failure is kept in
build/chaos/N: packets of both hosts, tables, counters, sockets, the supervisor's log.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from reconciler.demo.walkthrough import Scenario
from reconciler.library import Library
from reconciler.outcome import OutcomeKind
from reconciler.testbed.desired import Files, edit_object
from reconciler.testbed.measure import traffic
from reconciler.testbed.network import SERVER_ADDRESS, Namespace, Network
from reconciler.testbed.site import Sessions, Site, sessions_of
from tests.e2e.support.account import Account
from tests.e2e.support.caches import ROOT
from tests.e2e.support.held import held
from tests.e2e.support.loads import SMALL, THOROUGH
from tests.e2e.support.openings import watched
from tests.e2e.support.place import Place, place, with_checkpoints
from tests.e2e.support.victim import INTERVAL, KINDS, Victim
from tests.e2e.support.wiretap import tapped
from tests.supervisor.running import socket_in

MOMENTS = 200 if THOROUGH else 12
SEED = int(os.environ.get("CLICKUP_SEED", "20181"))
LONGEST_WAIT = 1.2
"""Seconds after a commit, by which its upgrade is confirmed."""
LONGEST_WRITING = 0.01
"""Seconds after a checkpoint was requested, by which it is written."""
KEPT = ROOT / "build" / "chaos"
DNS = 53
PORTS = (32768, 33535)
"""Ports of the client: so few that all are reused, even those of restored sessions."""


@dataclass(frozen=True)
class Chaos:
    """A firewall that is killed at each moment, while a reconciler upgrades it."""

    here: Place
    scenario: Scenario
    libraries: tuple[Library, Library]
    victim: Victim
    random: Random = field(default_factory=lambda: Random(SEED))

    async def live_through(self, moment: int) -> None:
        account, kind = self.victim.account, KINDS[moment % len(KINDS)]
        await self.victim.open_ones.add(await self.not_to_be_begun())
        ask(self.here.site.network)
        # Each kind of kill happens with either layout.
        if (moment + moment // len(KINDS)) % 2:
            await self.victim.interval_passed()
        else:
            await self.victim.saved()
        self.here.commits.commit(f"moment {moment}", change(self.scenario, moment))
        version = await self.here.version()
        account.note(f"moment {moment}: upgrading from layout {version}")
        async with self.here.followed(self.libraries[version % 2]):
            await asyncio.sleep(self.random.uniform(0, LONGEST_WAIT))
            writing = self.random.uniform(0, LONGEST_WRITING) if moment % 3 == 2 else None
            await self.victim.dies(kind, writing)
            await self.victim.comes_back()
        account.note("came back with all its sessions")

    async def not_to_be_begun(self) -> Sessions:
        """Return sessions whose ports cannot be reused: with layout 1 all, as it has no room for a
        SYN inside a session.
        """
        first = await self.here.version() == 1
        return await sessions_of(self.here.device) if first else frozenset()


@pytest.mark.timeout(120 + 15 * MOMENTS)
@pytest.mark.usefixtures("builder")
async def test_killed_at_random_moments(
    site: Site, scenario: Scenario, library: Library, library_1: Library
) -> None:
    files = with_checkpoints(scenario.first, interval=f"{INTERVAL:g}s")
    limit_ports(site.network.client, PORTS)
    async with place(site, files) as here:
        assert (await here.reconcile(library_1)).kind is OutcomeKind.APPLIED
        async with (
            tapped(site.network) as taps,
            watched(site.network) as openings,
            traffic(site.network, SMALL) as flow,
            held(site.network) as open_ones,
        ):
            account = Account(
                f"CLICKUP_SEED={SEED}", KEPT / str(SEED), site.network, here.device, flow, taps
            )
            victim = Victim(here.device, open_ones, openings, account)
            chaos = Chaos(here, scenario, (library_1, library), victim)
            for moment in range(MOMENTS):
                async with account.explained(f"moment {moment} of {MOMENTS}"):
                    await chaos.live_through(moment)
            async with account.explained("the end of the traffic"):
                await flow.finish()


def limit_ports(host: Namespace, ports: tuple[int, int]) -> None:
    """Limit the ports from which its connections begin, first and last."""
    setting = "/proc/sys/net/ipv4/ip_local_port_range"
    line = host.command("sh", "-c", f"echo {ports[0]} {ports[1]} >{setting}")
    subprocess.run(line, check=True, timeout=10)


def ask(network: Network) -> None:
    """Send a question over UDP that is not answered."""
    with socket_in(network.client, socket.SOCK_DGRAM) as client:
        client.sendto(b"?", (SERVER_ADDRESS, DNS))


def change(scenario: Scenario, moment: int) -> Files:
    """Return another rule each time, and every third time another size of the table."""
    path = scenario.element

    def edit(document: Any) -> None:
        document["spec"]["version"] = f"1.1.{moment}"
        document["spec"]["parameters"]["allowed"].append(f"tcp dst port {8000 + moment}")
        document["spec"]["parameters"]["session_capacity"] = 4096 << (moment // 3 % 3)

    return {path: edit_object(scenario.first[path], edit)}
