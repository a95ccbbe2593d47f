"""Sanitized programs for all tests of this folder: the session kernel, the NAT kernel,
and a plain state table.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kernels.balancer import POOL, POOL6, Balancer
from tests.kernels.conversation import Conversation
from tests.kernels.firewall import Connection, Firewall
from tests.kernels.gateway import Gateway
from tests.kernels.neighbours import (
    LOCAL6,
    OUR_MAC,
    OURS,
    OURS6,
)
from tests.kernels.programs import compile_named


@pytest.fixture(scope="session")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with Conversation(compile_named("sessions", tmp_path_factory.mktemp("sessions"))) as kernel:
        yield kernel


@pytest.fixture(scope="session")
def nat_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with Conversation(compile_named("nat", tmp_path_factory.mktemp("nat"))) as kernel:
        yield kernel


@pytest.fixture
def gateway(nat_kernel: Conversation) -> Gateway:
    return Gateway(nat_kernel)


@pytest.fixture(scope="session")
def items(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with Conversation(compile_named("items", tmp_path_factory.mktemp("items"))) as items:
        yield items


@pytest.fixture(scope="session")
def balancing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with Conversation(compile_named("balance", tmp_path_factory.mktemp("balance"))) as kernel:
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
    with Conversation(compile_named("buckets", tmp_path_factory.mktemp("buckets"))) as conversation:
        yield conversation


@pytest.fixture(scope="session")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    program = compile_named("neighbours", tmp_path_factory.mktemp("neighbours"))
    with Conversation(program) as conversation:
        yield conversation


@pytest.fixture
def table(neighbours: Conversation) -> Conversation:
    assert neighbours.ask("start", 64) == "adopted 0"
    neighbours.ask("side", OUR_MAC, f"{OURS}/24", f"{OURS6}/64", f"{LOCAL6}/64")
    return neighbours
