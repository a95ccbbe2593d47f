"""The scenario of the walk-through: the releases of a firewall, and the builds that precede the
first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.build import Artifact
from reconciler.build.ninja import Progress
from reconciler.demo.strategies import BASE_CACHE
from reconciler.resolve import resolve
from reconciler.testbed.desired import ELEMENT, Files, one_firewall, path_of, read_files, with_rule
from reconciler.testbed.site import Site
from schemas.meta import parse_duration

RELEASES = Path(__file__).parent / "releases"
NEW, BROKEN = "edge-firewall-2.0.0.yaml", "edge-firewall-2.1.0-broken.yaml"
VERIFY = {"settle": "300ms", "soak": "1s", "interval": "100ms"}
SOAK_SECONDS = parse_duration(VERIFY["soak"])
TAKEOVERS = 10


class WalkthroughFailed(Exception):
    """The walk-through could not be finished; the message says where and why."""


@dataclass(frozen=True)
class Scenario:
    """The files of the operator's repository as they change.

    `first` has no probes, because no traffic flows yet when the first release starts. `probing` is
    the rollout of the example, to be merged with the upgrades.
    """

    first: Files
    probing: Files
    element: str

    @classmethod
    def at(cls, site: Site, desired_state: Path, verify: Mapping[str, object] = VERIFY) -> Scenario:
        """Return the example repository, bound to the site's firewall."""
        example, device = read_files(desired_state), site.folder / "device"
        here = (site.network.firewall, device)
        files = one_firewall(example, *here, verify)
        first = one_firewall(example, *here, {**verify, "probes": []})
        rollout = path_of(files, "Rollout", ELEMENT)
        return cls(first, {rollout: files[rollout]}, path_of(files, "NetworkElement", ELEMENT))

    def release(self, name: str) -> Files:
        """Read the network element of a release of the demo."""
        return {self.element: (RELEASES / name).read_text()}

    def variants(self, count: int = TAKEOVERS) -> list[Files]:
        """Return 2.0.0, then small changes to it that need no build but a takeover each."""
        newest = self.release(NEW)[self.element]
        more = [with_rule(newest, f"tcp dst port {8080 + n}", f"2.0.{n}") for n in range(1, count)]
        return [{self.element: text} for text in (newest, *more)]


async def build_first(site: Site, scenario: Scenario, progress: Progress | None = None) -> Artifact:
    """Build what exists before any upgrade: the supervisor and the first release's driver."""
    first = resolve(site.desired(scenario.first), site.library)
    builder = site.builder(BASE_CACHE)
    return await builder.build(first.graph.classes, progress, with_supervisor=True)
