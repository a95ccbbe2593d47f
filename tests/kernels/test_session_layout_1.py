"""The kernel with layout 1, as in releases that devices may still run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.library import load_library
from tests.cpp import compile_kernel
from tests.kernels.conversation import Conversation, sanitizers
from tests.kernels.firewall import Connection, Firewall, scale_option
from tests.libraries import sessions_1
from tests.packets import ACK, SYN
from tests.records import unpack
from tests.units import layout_headers


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sessions_1(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def kernel(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    layouts = layout_headers([load_library(library).elements["SessionTable"]])
    source, out = Path(__file__).with_name("sessions.cc"), tmp_path_factory.mktemp("sessions")
    program = compile_kernel(out / "sessions", [source], layouts, sanitizers(), library)
    with Conversation(program) as kernel:
        yield kernel


@pytest.fixture
def connection(kernel: Conversation) -> Connection:
    return Connection(Firewall(kernel))


def test_records_have_what_layout_1_says(connection: Connection, library: Path) -> None:
    (sessions,) = load_library(library).elements["SessionTable"].states
    connection.connect(scale_option(7))
    connection.server_sends(100)
    session = unpack(sessions.current, bytes.fromhex(connection.firewall.kernel.ask("records")))
    assert (session["first_packets"], session["second_packets"]) == (2, 2)
    assert (session["first_scale"], session["second_scale"]) == (7, 7)
    assert session["first_window"] == connection.window << 7


def test_a_syn_inside_a_session_is_not_remembered(connection: Connection) -> None:
    connection.connect()
    assert connection.from_client(SYN, seq=3_000_000_000) == "established"
    assert connection.from_server(SYN | ACK, seq=700_000, ack=3_000_000_001) == "invalid"
    assert connection.client_sends(10) == connection.server_sends(10) == "established"
