"""The supervisor, a driver with wires and faults, and a network to run them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.layouts import layout_header
from reconciler.testbed.network import Network
from reconciler.testbed.network import network as make_network
from tests.cpp import compile_driver, compile_supervisor
from tests.supervisor.books import books, put
from tests.supervisor.ledger import LEDGER
from tests.supervisor.running import Supervised
from tests.units import generate_source

HERE = Path(__file__).parent
Start = Callable[..., Supervised]
FIREWALL = (
    *("FromDevice", "ToDevice", "Queue", "Strip", "Unstrip", "CheckIPHeader", "Discard"),
    *("Classifier", "SessionTable", "CheckSession", "OpenSession"),
)


@pytest.fixture(scope="session")
def supervisor_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("supervisor") / "supervisor"
    return compile_supervisor(out)


@pytest.fixture(scope="session")
def wire_driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("driver") / "driver"
    generate_source("layouts/Ledger.layout.hh", layout_header(LEDGER))
    return compile_driver(out, [], sources=[HERE / "elements.cc", HERE / "ledger.cc"])


@pytest.fixture(scope="session")
def session_driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A driver with the elements of a firewall."""
    out = tmp_path_factory.mktemp("driver") / "driver"
    return compile_driver(out, FIREWALL, sources=[HERE / "elements.cc", HERE / "sessions.cc"])


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with make_network() as joined:
        yield joined


@pytest.fixture
def supervised(
    supervisor_program: Path, wire_driver: Path, tmp_path: Path, network: Network
) -> Iterator[Supervised]:
    """A running supervisor in the firewall's namespace."""
    with Supervised(supervisor_program, wire_driver, tmp_path, network.firewall.path) as started:
        yield started


@pytest.fixture
def forwarding(supervised: Supervised) -> Supervised:
    """A running supervisor with a confirmed release `one`."""
    supervised.confirmed("one")
    return supervised


@pytest.fixture
def keeping(supervised: Supervised) -> Supervised:
    """A confirmed release `one` with layout 1, forty entries and a note."""
    supervised.confirmed("one", books(1))
    supervised.write("books.fill", "40", "control.sock")
    put(supervised, 1, 11, "note")
    return supervised


@pytest.fixture
def start(
    supervisor_program: Path, wire_driver: Path, tmp_path: Path, network: Network
) -> Iterator[Start]:
    """Start supervisors, one after the other, in one directory; the last one is told to stop."""
    running: list[Supervised] = []

    def begin(*options: object, driver: Path = wire_driver) -> Supervised:
        place = network.firewall.path
        named = ("--name", "edge1/firewall", "--checkpoints", "kept", *options)
        running.append(Supervised(supervisor_program, driver, tmp_path, place, *named))
        return running[-1].__enter__()

    yield begin
    running[-1].__exit__(None, None, None)


@pytest.fixture
def saving(start: Start) -> Supervised:
    """A confirmed release `one` with layout 1 and forty entries; checkpoints only on demand."""
    supervised = start()
    supervised.confirmed("one", books(1))
    supervised.write("books.fill", "40", "control.sock")
    return supervised
