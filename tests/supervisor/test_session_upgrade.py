"""Layout 1 of SessionTable to layout 2 and back under real connections, with drivers of two
versions of the library.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.testbed.network import SERVER_ADDRESS, Network
from tests.cpp import compile_driver
from tests.libraries import kept_sessions_1, todays_library
from tests.netns import needs_sandbox
from tests.records import Record, unpack
from tests.supervisor.conftest import FIREWALL
from tests.supervisor.running import Stream, Supervised, socket_in

pytestmark = needs_sandbox

CONNECTIONS = 20
GRAPH = """
sessions :: SessionTable(CAPACITY %d);
to_wan :: Queue -> ToDevice(eth1);
to_lan :: Queue -> ToDevice(eth0);
FromDevice(eth0) -> out :: Classifier(12/0800, -);
out[1] -> to_wan;
out[0] -> Strip(14) -> CheckIPHeader -> check_out :: CheckSession(sessions);
check_out[0] -> forwarded :: Unstrip(14) -> to_wan;
check_out[1] -> OpenSession(sessions) -> forwarded;
check_out[2] -> forwarded;
check_out[3] -> invalid :: Discard;
FromDevice(eth1) -> in :: Classifier(12/0800, -);
in[1] -> to_lan;
in[0] -> Strip(14) -> CheckIPHeader -> check_in :: CheckSession(sessions);
check_in[0] -> Unstrip(14) -> to_lan;
check_in[1] -> unknown :: Discard;
check_in[2] -> unknown;
check_in[3] -> unknown;
"""


@pytest.fixture(scope="module")
def old_driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A firewall of the library from before layout 2."""
    out = tmp_path_factory.mktemp("old") / "driver"
    return compile_driver(out, FIREWALL, library=kept_sessions_1())


@pytest.fixture
def supervised(
    supervisor_program: Path, session_driver: Path, tmp_path: Path, network: Network
) -> Iterator[Supervised]:
    with Supervised(supervisor_program, session_driver, tmp_path, network.firewall.path) as started:
        yield started


class Echoes:
    """Connections from client to server on which a message goes forth and back, one after the
    other, while the block runs. A message that is not answered ends it.
    """

    def __init__(self, network: Network) -> None:
        self._listener = socket_in(network.server, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((SERVER_ADDRESS, 7))
        self._listener.listen(CONNECTIONS)
        self._clients = [socket_in(network.client, socket.SOCK_STREAM) for _ in range(CONNECTIONS)]
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._answer), threading.Thread(target=self._ask)]
        self.rounds = 0
        self.failure: Exception | None = None

    def _answer(self) -> None:
        with selectors.DefaultSelector() as ready:
            for _ in self._clients:
                ready.register(self._listener.accept()[0], selectors.EVENT_READ)
            while not self._done.is_set():
                for key, _ in ready.select(0.05):
                    connection: Any = key.fileobj
                    connection.sendall(connection.recv(64))
            for key in list(ready.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]

    def _ask(self) -> None:
        try:
            while not self._done.is_set():
                for client in self._clients:
                    client.sendall(message := self.rounds.to_bytes(8, "big"))
                    assert client.recv(64) == message
                self.rounds += 1
        except (OSError, AssertionError) as failure:
            self.failure = failure

    def run_on(self, rounds: int = 5) -> None:
        goal = self.rounds + rounds
        while self.rounds < goal and self.failure is None:
            self._done.wait(0.01)
        assert self.failure is None, self.failure

    def __enter__(self) -> Echoes:
        self._threads[0].start()
        for client in self._clients:
            client.settimeout(5)
            client.connect((SERVER_ADDRESS, 7))
        self._threads[1].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in reversed(self._threads):
            thread.join()
        for held in (*self._clients, self._listener):
            held.close()


def records(supervised: Supervised) -> dict[bytes, Record]:
    """Return sessions by key, from the table of the running release (state_memory.hh)."""
    (table,) = todays_library().elements["SessionTable"].states
    with supervised.memory_of("sessions/sessions").open("rb") as memory:
        file = memory.fileno()
        header = os.pread(file, 256, 0)
        version, size, value_size, key_size, at = struct.unpack_from("<12xI16xIII52xQ", header)
        (fresh,) = struct.unpack_from("<I", header, 204)
        layout = next(one for one in table.layouts if one.version == version)
        found = {}
        for index in range(fresh):
            sequence, tag = struct.unpack("<II", os.pread(file, 8, at + index * size))
            value = os.pread(file, value_size, at + index * size + 8)
            if tag and not sequence & 1:
                found[value[:key_size]] = unpack(layout, value)
    return found


def settled(supervised: Supervised) -> dict[bytes, Record]:
    """Return the sessions once they no longer change: just closed ones still exchange FINs."""
    last, now = None, records(supervised)
    while now != last:
        time.sleep(0.3)
        last, now = now, records(supervised)
    return now


def packets(found: dict[bytes, Record]) -> dict[bytes, int]:
    return {
        key: int(one["first_packets"]) + int(one["second_packets"]) for key, one in found.items()
    }


def test_sessions_live_through_upgrades_downgrades_and_reverts(
    supervised: Supervised, session_driver: Path, old_driver: Path, network: Network
) -> None:
    old: dict[str, Any] = {"driver": old_driver, "carrier": session_driver}
    graph = GRAPH % 4096
    supervised.takeover("old", graph, driver=old_driver)
    supervised.confirm("old")
    with Stream(network, 1000) as stream, Echoes(network) as echoes:
        before: dict[bytes, int] = {}
        for step in ("new", "revert", "new", "confirm", "old", "revert", "old", "confirm"):
            echoes.run_on()
            if step == "confirm":
                supervised.confirm(supervised.status()["active"]["release"])
                continue
            if step == "revert":
                code, answer = supervised.write("revert")
                assert code == 200, answer
                report = json.loads(answer)
            else:
                report = supervised.takeover(step, graph, **(old if step == "old" else {}))
            state = report["states"]["sessions/sessions"]
            assert state == {**state, "fate": "migrated", "lost": 0}
            assert state["migrated"] >= CONNECTIONS + 1 and report["dropped_packets"] == 0
            echoes.run_on()
            after = packets(records(supervised))
            assert before.keys() <= after.keys(), "no session is lost"
            assert all(after[key] >= count for key, count in before.items()), "counters go on"
            before = after
        echoes.run_on()
    assert not stream.lost
    assert supervised.worker("sessions.count") == str(len(before))


def test_every_field_of_idle_sessions_is_the_same_afterwards(
    supervised: Supervised, session_driver: Path, old_driver: Path, network: Network
) -> None:
    supervised.takeover("old", GRAPH % 4096, driver=old_driver)
    supervised.confirm("old")
    with Echoes(network) as echoes:
        echoes.run_on()
    before = settled(supervised)
    assert len(before) == CONNECTIONS
    supervised.takeover("new", GRAPH % 5000)
    new = records(supervised)
    assert new.keys() == before.keys()
    for key, session in before.items():
        same = session.keys() & new[key].keys()
        assert {name: session[name] for name in same} == {name: new[key][name] for name in same}
        assert new[key]["first_bytes"] == 0, "new ones begin at their default"
    supervised.confirm("new")
    supervised.takeover("older", GRAPH % 4096, driver=old_driver, carrier=session_driver)
    assert records(supervised) == before
