"""Upgrades of an intrusion detector under load: a split pattern is found once, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.outcome import OutcomeKind
from reconciler.testbed.measure import HTTP_PORT, traffic
from reconciler.testbed.merges import Running
from reconciler.testbed.network import SERVER_ADDRESS
from reconciler.testbed.site import Site
from schemas.steps import StepKind
from tests.e2e.support.loads import ENOUGH_REQUESTS, SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.pipelines import (
    ELEMENT,
    changed,
    example,
    number,
    pipeline,
    running,
    upgrade,
)
from tests.supervisor.running import socket_in

PORT = 8080
IDS = example("ids")
RULES = '1 "GET /split/pattern"\n2 "never there"\n3 "again"\n'
MANY = "".join(f'{n} "pattern number {n:06} of many"\n' for n in range(10, 10_010))


@pytest.fixture(autouse=True)
def allowed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let supervisors read and write what these tests name."""
    monkeypatch.setenv("CLICKUP_READABLE", str(site.folder))
    monkeypatch.setenv("CLICKUP_WRITABLE", str(site.folder))


@contextmanager
def connection(site: Site) -> Iterator[socket.socket]:
    """Open a session of the client with the server."""
    with socket_in(site.network.client, socket.SOCK_STREAM) as made:
        made.settimeout(10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.connect((SERVER_ADDRESS, HTTP_PORT))
        yield made


@contextmanager
def watched(site: Site) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Provide both ends of a session of the client with the server."""
    with (
        socket_in(site.network.server, socket.SOCK_STREAM) as listening,
        socket_in(site.network.client, socket.SOCK_STREAM) as near,
    ):
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((SERVER_ADDRESS, PORT))
        listening.listen()
        for end in (listening, near):
            end.settimeout(10)
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        near.connect((SERVER_ADDRESS, PORT))
        with listening.accept()[0] as far:
            far.settimeout(10)
            yield near, far


def arrived(far: socket.socket) -> bytes:
    """Return what has arrived at this end."""
    far.setblocking(False)
    try:
        return far.recv(4096)
    except BlockingIOError:
        return b""


def alerts(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "alerts.json").read_text().splitlines()]


async def searched(followed: Running, packets: int, handler: str = "inspect.clean") -> None:
    """Wait until this many more packets got the handler's verdict."""
    before = await number(followed, handler)
    while await number(followed, handler) < before + packets:  # noqa: ASYNC110
        await asyncio.sleep(0.02)


def counted(spec: Any) -> None:
    """Also count outgoing packets."""
    spec["atoms"]["outgoing"] = {"use": "Count"}
    spec["flow"][-2] = "direction[outward] -> outgoing -> to_wan"


def counted_with_other_rules(spec: Any) -> None:
    """Also add rules, so that states of the search get other numbers."""
    counted(spec)
    spec["atoms"]["incoming"] = {"use": "Count"}
    spec["flow"][-1] = "direction[inward] -> incoming -> to_lan"
    spec["parameters"]["rules"] = '9 "AAAA"\n8 "GET /other"\n' + RULES + MANY


def preventing(spec: Any) -> None:
    """Stop packets that carry a pattern."""
    spec["atoms"]["drop"] = {"use": "Discard"}
    at = next(i for i, line in enumerate(spec["flow"]) if line.startswith("inspect[match]"))
    spec["flow"][at] = "inspect[match] -> suspicious -> drop"


async def test_a_pattern_that_a_takeover_parts_is_found_once(site: Site) -> None:
    log = site.folder / "alerts.json"
    first = changed(
        IDS, "1.0.1", lambda spec: spec["parameters"].update(rules=RULES, alerts=str(log))
    )
    second = changed(first, "1.1.0", counted)
    third = changed(first, "1.2.0", counted_with_other_rules)
    async with running(site, pipeline(site, first), second, third) as followed:
        async with traffic(site.network, SMALL) as flow:
            with connection(site) as one, connection(site) as other:
                one.sendall(b"GET /spl")
                other.sendall(b"x" * 300 + b"GET ")
                await searched(followed, 200)
                before = await number(followed, "streams.count")
                await upgrade(followed, second)
                one.sendall(b"it/pattern HTTP/1.1\r\n")
                other.sendall(b"/split/")
                await searched(followed, 200)
                assert [alert["rule"] for alert in alerts(site.folder)] == [1]
                await upgrade(followed, third)
                other.sendall(b"pattern")
                one.sendall(b"GET /split/pattern again")
                await searched(followed, 200)
                after = await number(followed, "streams.count")
                ports = [s.getsockname()[1] for s in (one, other)]
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        found = [(alert["rule"], alert["source_port"]) for alert in alerts(site.folder)]
        assert found == [(1, ports[0]), (1, ports[1]), (3, ports[0])]
        assert_nothing_lost(seen)
        assert after >= before >= 2 * SMALL.downloaders
        assert await number(followed, "inspect.jumps") == 0


async def test_another_set_is_put_in_place_without_a_takeover(site: Site) -> None:
    log, rules = site.folder / "alerts.json", site.folder / "many.rules"
    rules.write_text(MANY)

    def with_file(spec: Any) -> None:
        spec["atoms"]["inspect"]["with"]["patterns"] = str(site.folder / "none.rules")
        spec["parameters"].update(rules=RULES, alerts=str(log))

    (site.folder / "none.rules").write_text("")
    first = changed(IDS, "1.0.1", with_file)

    def loaded(spec: Any) -> None:
        spec["atoms"]["inspect"]["with"]["patterns"] = str(rules)

    async with running(site, pipeline(site, first)) as followed:
        async with traffic(site.network, SMALL) as flow:
            with connection(site) as one:
                one.sendall(b"a pattern number 000")
                await searched(followed, 200)
                merge = await followed.merge(
                    "ten thousand", {ELEMENT: changed(first, "1.1.0", loaded)}
                )
                one.sendall(b"777 of many")
                await searched(followed, 200)
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        assert merge.outcome.kind is OutcomeKind.APPLIED
        assert StepKind.TAKEOVER not in {step.kind for step in followed.witness.plans[-1].steps}
        assert await number(followed, "inspect.rule_count") == 10_003
        assert [alert["rule"] for alert in alerts(site.folder)] == [777]
        assert_nothing_lost(seen)


async def test_what_is_to_be_prevented_stays_prevented_across_upgrades(site: Site) -> None:
    def with_rules(spec: Any) -> None:
        spec["parameters"].update(rules=RULES, alerts=str(site.folder / "alerts.json"))
        preventing(spec)

    first = changed(IDS, "1.0.1", with_rules)
    second = changed(first, "1.1.0", counted)
    third = changed(first, "1.2.0", counted_with_other_rules)
    async with running(site, pipeline(site, first), second, third) as followed:
        async with traffic(site.network, SMALL) as flow:
            with watched(site) as (near, far):
                near.sendall(b"GET /spl")
                assert far.recv(4096) == b"GET /spl"
                await upgrade(followed, second)
                near.sendall(b"it/pattern")
                await searched(followed, 2, "inspect.match")  # the packet and its repetition
                await upgrade(followed, third)
                near.sendall(b" and more of it")
                await searched(followed, 1, "inspect.match")
                assert arrived(far) == b""
                far.sendall(b"the other way is open")
                assert near.recv(4096) == b"the other way is open"
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        assert [alert["rule"] for alert in alerts(site.folder)] == [1]
        assert_nothing_lost(seen)
