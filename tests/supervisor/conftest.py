"""The supervisor, a driver with wires and faults, and a network to run them in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.demo.network import Network
from reconciler.demo.network import network as make_network
from reconciler.layouts import layout_header
from tests.cpp import LIBRARY, compile_driver, compile_program, generate_header
from tests.supervisor.ledger import LEDGER
from tests.supervisor.running import Supervised

HERE = Path(__file__).parent
FIREWALL = (
    *("FromDevice", "ToDevice", "Queue", "Strip", "Unstrip", "CheckIPHeader", "Discard"),
    *("Classifier", "SessionTable", "CheckSession", "OpenSession"),
)


@pytest.fixture(scope="session")
def supervisor_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("supervisor") / "supervisor"
    return compile_program(out, sorted((LIBRARY / "supervisor").glob("*.cc")))


@pytest.fixture(scope="session")
def wire_driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("driver") / "driver"
    generate_header("layouts/Ledger.layout.hh", layout_header(LEDGER))
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
    """The same with a confirmed release `one`."""
    supervised.confirmed("one")
    return supervised
