"""Any network element between client and server, and commits that upgrade it under traffic.

`pipeline` makes a repository of one network element on a device that is the site's firewall;
`running` builds it and follows the repository with the real loop; `upgrade` commits a change and
checks that it was a takeover which kept every state and lost nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from reconciler.build import Builder
from reconciler.outcome import OutcomeKind
from reconciler.resolve import resolve
from reconciler.testbed.desired import INTERFACES, Files, edit_object, parse_object
from reconciler.testbed.measure import TrafficResult
from reconciler.testbed.merges import Running, following
from reconciler.testbed.site import Site
from schemas.plan import Fate
from schemas.steps import StepKind
from tests.e2e.support.caches import CACHE, ROOT
from tests.e2e.support.loads import FAST

ELEMENT = "elements/under-test.yaml"
BETWEEN_SECONDS = 1.6
"""Commits closer together than this count as a burst and lead to a single takeover."""
Parameters = Mapping[str, Any]


def example(name: str) -> str:
    """Return a network element of the example repository."""
    return (ROOT / "desired_state" / "elements" / f"{name}.yaml").read_text()


def pipeline(
    site: Site,
    element: str,
    parameters: Parameters | None = None,
    interfaces: Mapping[str, str] = INTERFACES,
) -> Files:
    """Return a repository with only this network element, for the site's firewall as device."""
    head = {"apiVersion": "click-up/v1alpha1"}
    device = {
        **head,
        "kind": "Device",
        "metadata": {"name": "box1"},
        "spec": {
            "netns": site.network.firewall.path,
            "directory": str(site.folder / "device"),
            "interfaces": dict(interfaces),
        },
    }
    rollout = {
        **head,
        "kind": "Rollout",
        "metadata": {"name": "under-test"},
        "spec": {
            "element": parse_object(element)["metadata"]["name"],
            "devices": {"names": ["box1"]},
            "parameters": dict(parameters or {}),
            "verify": {**FAST, "probes": []},
            "confirm_timeout": "30s",
        },
    }
    return {
        ELEMENT: element,
        "devices/box1.yaml": _yaml(device),
        "rollouts/under-test.yaml": _yaml(rollout),
    }


def changed(element: str, version: str, edit: Callable[[Any], None]) -> str:
    """Return the network element as another version; `edit` changes its spec."""

    def change(document: Any) -> None:
        document["spec"]["version"] = version
        edit(document["spec"])

    return edit_object(element, change)


@asynccontextmanager
async def running(site: Site, files: Files, *upgrades: str) -> AsyncIterator[Running]:
    """Let the loop follow a repository of `files`, once its first release forwards.

    What it and the `upgrades` (network elements) need is built before, in a cache that is kept.
    """
    builder = Builder(CACHE, site.library)
    await builder.supervisor()
    for element in (files[ELEMENT], *upgrades):
        desired = site.desired({**files, ELEMENT: element})
        await builder.build(resolve(desired, site.library).graph.classes)
    async with following(site, files, builder, "run") as followed:
        yield followed


async def upgrade(running: Running, element: str) -> None:
    """Commit a network element and wait for the end. Fails unless it took over and kept
    all state.
    """
    merge = await running.merge("upgrade", {ELEMENT: element})
    assert merge.outcome.kind is OutcomeKind.APPLIED, merge.outcome
    plan, (_, report) = running.witness.plans[-1], running.witness.takeovers[-1]
    assert StepKind.TAKEOVER in {step.kind for step in plan.steps}
    assert {state.fate for state in plan.states} <= {Fate.KEPT}, plan.states
    assert report.dropped_packets == 0
    await asyncio.sleep(BETWEEN_SECONDS)


async def number(running: Running, handler: str) -> int:
    """Read a handler as a number."""
    return int(float(await running.device.read(handler)))


def assert_no_session_lost(seen: TrafficResult) -> None:
    """Check that downloads and the packets of the stream arrive in order; some may be dropped on
    purpose.
    """
    lost = (seen.tcp_resets, seen.http_failures, seen.connect_failures, seen.udp_duplicated)
    assert lost == (0, 0, 0, 0), seen.model_dump(exclude={"udp_samples", "http_samples"})
    assert seen.udp_reordered == 0
    assert seen.http_requests > 8


def _yaml(document: Any) -> str:
    out = StringIO()
    YAML().dump(document, out)
    return out.getvalue()
