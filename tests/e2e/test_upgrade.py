"""A commit upgrades a firewall that forwards, and nothing is lost."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.build import Builder
from reconciler.demo.walkthrough import BROKEN, NEW, Scenario
from reconciler.outcome import OutcomeKind
from reconciler.testbed.desired import edit_object
from reconciler.testbed.measure import traffic
from reconciler.testbed.merges import Running, following
from reconciler.testbed.network import SERVER_ADDRESS
from reconciler.testbed.site import Site
from schemas.steps import StepKind
from tests.e2e.support.loads import ENOUGH_REQUESTS, SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.waiting import eventually
from tests.elements.wires import raw_socket
from tests.supervisor.running import socket_in


async def test_merges_upgrade_without_loss(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    async with following(site, scenario.first, builder, "run") as running:
        async with traffic(site.network, SMALL) as flow:
            before = await running.sessions()
            merges = []
            for number, files in enumerate(scenario.variants()[:4]):
                change = {**scenario.probing, **files}
                merges.append(await running.merge(f"change {number}", change))
                await asyncio.sleep(1.6)
            after = await running.sessions()
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        assert [merge.outcome.kind for merge in merges] == [OutcomeKind.APPLIED] * 4
        assert_nothing_lost(seen)
        assert len(before) > SMALL.downloaders
        assert after >= before
        reports = [report for _, report in running.witness.takeovers]
        assert len(reports) == 5  # the first release too
        assert [report.dropped_packets for report in reports] == [0] * 5
        assert all(report.pause_ns > 0 for report in reports[1:])


async def test_a_release_with_new_classes_is_built_and_confirmed(
    site: Site, scenario: Scenario, cache_of_first: Path
) -> None:
    own = Builder(shutil.copytree(cache_of_first, site.folder / "cache"), site.library)
    async with following(site, scenario.first, own, "run") as running:
        async with traffic(site.network, SMALL) as flow:
            merge = await running.merge(
                "edge-firewall 2.0.0", {**scenario.probing, **scenario.release(NEW)}
            )
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        assert merge.outcome.kind is OutcomeKind.APPLIED
        assert running.witness.plans[-1].classes_to_build
        assert_nothing_lost(seen)


async def test_a_live_parameter_is_written_and_nothing_is_swapped(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    files = {**scenario.first, **scenario.release(NEW)}

    def slower(document: dict[str, dict[str, dict[str, int]]]) -> None:
        document["spec"]["parameters"]["logged"] = 4321

    change = {scenario.element: edit_object(files[scenario.element], slower)}
    async with following(site, files, builder, "run") as running:
        async with traffic(site.network, SMALL) as flow:
            merge = await running.merge("meter rate", change)
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        plan = running.witness.plans[-1]
        assert merge.outcome.kind is OutcomeKind.APPLIED
        assert [c.handler for c in plan.changes] == ["calm.rate"]
        assert StepKind.WRITE_HANDLERS in [step.kind for step in plan.steps]
        assert not plan.takeover
        assert len(running.witness.takeovers) == 1
        assert (await running.device.read("calm.rate")).strip().startswith("4321")
        assert_nothing_lost(seen)
        again = len(running.witness.plans)
        await asyncio.sleep(6.0)  # the device is observed every five seconds
        assert len(running.witness.plans) == again, "a live change must not be taken for drift"


async def test_a_bad_release_goes_back_loses_nothing_and_is_not_tried_again(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    files = {**scenario.first, **scenario.release(NEW)}
    async with following(site, files, builder, "run") as running:
        good = (await running.device.status()).confirmed
        async with traffic(site.network, SMALL) as flow:
            change = {**scenario.probing, **scenario.release(BROKEN)}
            merge = await running.merge("broken", change)
            await asyncio.sleep(2.0)
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        assert merge.outcome.kind is OutcomeKind.REVERTED
        status = await running.device.status()
        assert status.active is not None
        assert (status.active.release, status.confirmed) == (good, good)
        assert (status.takeovers, status.reverts) == (2, 1)
        assert_nothing_lost(seen)
        rejections = running.ledger.rejections(running.key)
        assert [merge.revision in rejection.revision for rejection in rejections] == [True]
        await asyncio.sleep(1.5)
        fixed = await running.merge("fixed", {**scenario.first, **scenario.variants()[1]})
        assert fixed.outcome.kind is OutcomeKind.APPLIED


async def test_hosts_that_look_for_each_other_do_not_make_a_bad_release_good(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    """ARP crosses a firewall that lets no connection through, and does not prove that it works."""

    def nothing_out(document: dict[str, dict[str, dict[str, list[str]]]]) -> None:
        document["spec"]["parameters"]["allowed"] = ["tcp dst port 22"]

    shut = {scenario.element: edit_object(scenario.first[scenario.element], nothing_out)}
    async with following(site, scenario.first, builder, "run") as running:
        with asking_for_addresses(site), open_session(site):
            await eventually(lambda: forwards(running), 10)
            merge = await running.merge("shut", {**scenario.probing, **shut})
        assert merge.outcome.kind is OutcomeKind.REVERTED
        assert "forwarded.rate is 0" in merge.outcome.message


async def forwards(running: Running) -> bool:
    return float(await running.device.read("forwarded.rate")) > 0


@contextmanager
def asking_for_addresses(site: Site) -> Iterator[None]:
    """Let the client ask for an address twenty times a second."""
    request = bytes.fromhex("ffffffffffff 020000000009 0806 0001080006040001") + bytes(20)
    with raw_socket(site.network.client) as wire, repeating(lambda: wire.send(request)):
        yield


@contextmanager
def open_session(site: Site) -> Iterator[None]:
    """Send datagrams of one flow that nobody answers."""
    client = socket_in(site.network.client)
    with client, repeating(lambda: client.sendto(b"hello", (SERVER_ADDRESS, 53))):
        yield


@contextmanager
def repeating(action: Callable[[], object]) -> Iterator[None]:
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(0.05):
            action()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
