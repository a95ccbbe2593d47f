"""Sanitized programs for all tests of this folder: the session kernel, the NAT kernel,
and a plain state table.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.layouts import layout_header
from reconciler.layouts.migration_unit import migration_unit
from tests.cpp import compile_program
from tests.kernels.balancer import POOL, POOL6, Balancer
from tests.kernels.conversation import Conversation, compile_kernel, sanitizers
from tests.kernels.firewall import Connection, Firewall
from tests.kernels.gateway import Gateway
from tests.kernels.items import ITEMS
from tests.kernels.neighbours import (
    LOCAL6,
    OUR_MAC,
    OURS,
    OURS6,
)
from tests.libraries import todays_library
from tests.objects import LIBRARY


@pytest.fixture(scope="session")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    header = layout_header(todays_library().elements["SessionTable"])
    out = tmp_path_factory.mktemp("sessions")
    source = Path(__file__).with_name("sessions.cc")
    with Conversation(compile_kernel(source, {"SessionTable.layout.hh": header}, out)) as kernel:
        yield kernel


@pytest.fixture(scope="session")
def nat_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    header = layout_header(todays_library().elements["Nat"])
    out = tmp_path_factory.mktemp("nat")
    source = Path(__file__).with_name("nat.cc")
    unit = out / "migrations.cc"
    unit.write_text(migration_unit(todays_library().elements["Nat"]))
    more = (LIBRARY / "driver" / "values.cc", LIBRARY / "driver" / "quoting.cc", unit)
    program = compile_kernel(source, {"Nat.layout.hh": header}, out, more=more)
    with Conversation(program) as kernel:
        yield kernel


@pytest.fixture
def gateway(nat_kernel: Conversation) -> Gateway:
    return Gateway(nat_kernel)


@pytest.fixture(scope="session")
def items(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    source = Path(__file__).with_name("items.cc")
    headers = {"Items.layout.hh": layout_header(ITEMS)}
    with Conversation(compile_kernel(source, headers, tmp_path_factory.mktemp("items"))) as items:
        yield items


@pytest.fixture(scope="session")
def balancing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    layout = layout_header(todays_library().elements["BalanceTable"])
    source, out = Path(__file__).with_name("balance.cc"), tmp_path_factory.mktemp("balance")
    more = tuple(LIBRARY / "driver" / f"{name}.cc" for name in ("values", "quoting"))
    program = compile_kernel(source, {"BalanceTable.layout.hh": layout}, out, more=more)
    with Conversation(program) as kernel:
        yield kernel


@pytest.fixture
def balancer(balancing: Conversation) -> Balancer:
    return Balancer(balancing, [*POOL, *POOL6])


@pytest.fixture
def firewall(kernel: Conversation) -> Firewall:
    return Firewall(kernel)


@pytest.fixture
def connection(firewall: Firewall) -> Connection:
    return Connection(firewall)


@pytest.fixture(scope="session")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    out = tmp_path_factory.mktemp("buckets") / "buckets"
    source = Path(__file__).with_name("buckets.cc")
    program = compile_program(out, [source], ["TokenBuckets"], sanitizers())
    with Conversation(program) as conversation:
        yield conversation


@pytest.fixture(scope="session")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    out = tmp_path_factory.mktemp("neighbours") / "neighbours"
    source = Path(__file__).with_name("neighbours.cc")
    compiled = compile_program(out, [source], ["NeighbourTable"], sanitizers())
    with Conversation(compiled) as conversation:
        yield conversation


@pytest.fixture
def table(neighbours: Conversation) -> Conversation:
    assert neighbours.ask("start", 64) == "adopted 0"
    neighbours.ask("side", OUR_MAC, f"{OURS}/24", f"{OURS6}/64", f"{LOCAL6}/64")
    return neighbours
