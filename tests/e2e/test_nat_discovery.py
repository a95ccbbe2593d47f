"""Coturn's turnutils_natdiscovery (RFC 5780) tells what kind of NAT it meets: the same before,
during and after an upgrade.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from reconciler.testbed.site import Site
from tests.debian import missing
from tests.e2e.support.natted import HOSTS, OTHER_SERVER, PARAMETERS, behind_a_nat
from tests.e2e.support.pipelines import changed, pipeline, running, upgrade
from tests.e2e.support.routed import SERVER
from tests.e2e.support.waiting import eventually
from tests.e2e.test_nat_gateway import GATEWAY, counted

pytestmark = [
    pytest.mark.skipif(
        bool(missing("turnserver", "turnutils_natdiscovery")),
        reason=missing("turnserver", "turnutils_natdiscovery"),
    ),
    pytest.mark.timeout(400),  # the first run of all compiles
]
EXPECTED = [
    "NAT with Address and Port Dependent Filtering!",
    "NAT with Endpoint Independent Mapping!",
    "Received a request (maybe a successful hairpinning)",
]


@asynccontextmanager
async def stun_server(site: Site) -> AsyncIterator[None]:
    """Run a STUN server on two addresses and two ports, as RFC 5780 needs."""
    log = site.folder / "turnserver.log"
    options = ["-n", "-S", "--no-auth", "--no-tls", "--no-dtls", "--no-cli", "--simple-log"]
    addresses = ["-L", SERVER.on_link, "-L", OTHER_SERVER]
    files = ["--log-file", str(log), "--pidfile", str(site.folder / "turnserver.pid")]
    line = site.network.server.command("turnserver", *options, *addresses, *files)
    process = await asyncio.create_subprocess_exec(
        *line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    async def listens() -> bool:
        return _listens(log)

    try:
        await eventually(listens, 30)
        yield
    finally:
        process.terminate()
        await process.wait()


def _listens(log: Path) -> bool:
    return log.exists() and "Total General servers" in log.read_text()


async def discover(site: Site) -> list[str]:
    """Return the verdicts on mapping, filtering and hairpinning."""
    line = ["turnutils_natdiscovery", "-m", "-f", "-H", "-L", HOSTS[1], SERVER.on_link]
    process = await asyncio.create_subprocess_exec(
        *site.network.client.command(*line), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = await process.communicate()
    text = out.decode()
    return sorted(re.findall(r"^(?:NAT with .*!|.*hairpinning\).*|No NAT.*)$", text, re.MULTILINE))


@pytest.fixture
def natted(site: Site) -> Site:
    behind_a_nat(site.network)
    return site


async def test_every_discovery_says_the_same(natted: Site) -> None:
    second = changed(GATEWAY, "1.1.0", counted)
    files = pipeline(natted, GATEWAY, PARAMETERS)
    async with running(natted, files, second) as followed, stun_server(natted):
        assert await discover(natted) == EXPECTED
        takeovers = len(followed.witness.takeovers)
        during = asyncio.create_task(discover(natted))
        upgrading = asyncio.create_task(upgrade(followed, second))
        await followed.witness.taken_over(takeovers + 1, 60)
        assert not during.done(), "the takeover came while it was asking"
        assert await during == EXPECTED
        await upgrading
        assert await discover(natted) == EXPECTED
