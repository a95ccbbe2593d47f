"""Flow metering: every packet is in one report, and each report comes in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ipfix import ACTIVE, ENDED, IDLE, LACK_OF_RESOURCES
from tests.kernels.conversation import Conversation
from tests.kernels.flow_meter import SECOND, Report, meter, of_query, query, start, sweep
from tests.kernels.programs import compile_named
from tests.packets import (
    ACK,
    FIN,
    RST,
    SYN,
    UDP,
    fragment6,
    icmp,
    icmp6,
    ipv4,
    ipv6,
    raw,
    tcp,
    udp,
)

Step = tuple[object, ...]


@pytest.fixture(scope="session")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with Conversation(compile_named("flows", tmp_path_factory.mktemp("flows"))) as conversation:
        yield conversation


def test_a_flow_is_reported_when_it_is_idle(flows: Conversation) -> None:
    start(flows)
    for _ in range(3):
        assert meter(flows, query(1, bytes(72))) == []
        flows.ask("wait", SECOND)
    flows.ask("wait", 13 * SECOND)
    assert sweep(flows) == []
    flows.ask("wait", SECOND)
    (report,) = sweep(flows)
    assert report == Report(of_query(1), 3, 300, 0, IDLE, SECOND, 3 * SECOND)
    assert flows.ask("table") == ""


def test_a_packet_after_the_idle_timeout_begins_another_flow(flows: Conversation) -> None:
    start(flows)
    meter(flows, query(1))
    flows.ask("wait", 15 * SECOND)
    (report,) = meter(flows, query(1))
    assert (report.packets, report.why) == (1, IDLE)
    assert flows.ask("table").split()[4] == "1"


def test_a_flow_that_goes_on_is_reported_every_active_timeout(flows: Conversation) -> None:
    start(flows)
    reports = []
    for _ in range(150):
        reports += meter(flows, query(1))
        flows.ask("wait", SECOND)
        reports += sweep(flows)
    assert [(r.packets, r.why) for r in reports] == [(60, ACTIVE), (60, ACTIVE)]
    assert reports[1].first >= reports[0].last


def test_the_phase_of_the_active_timeout_goes_on_in_the_next_worker(flows: Conversation) -> None:
    start(flows)
    at = []
    for second in range(130):
        assert meter(flows, query(1)) == []
        flows.ask("wait", SECOND)
        at += [second + 1] * len(sweep(flows))
        if second % 7 == 0:
            flows.ask("succeed", "clean", 60 * SECOND, 15 * SECOND)
    assert at == [60, 120]


def test_tcp_flows_end_soon_after_a_fin_or_reset(flows: Conversation) -> None:
    start(flows)
    for flags in (SYN, ACK, ACK | FIN):
        meter(flows, ipv4("10.0.0.1", "192.0.2.1", tcp(1, 80, flags)))
    meter(flows, ipv4("192.0.2.1", "10.0.0.1", tcp(80, 1, RST)))
    flows.ask("wait", 2 * SECOND)
    reports = sorted(sweep(flows), key=lambda report: report.flow)
    assert [(r.packets, r.flags, r.why) for r in reports] == [
        (3, SYN | ACK | FIN, ENDED), (1, RST, ENDED),
    ]  # fmt: skip


def test_a_full_table_reports_the_flow_that_is_next(flows: Conversation) -> None:
    start(flows, capacity=16)
    for number in range(16):
        meter(flows, query(number))
        flows.ask("wait", SECOND // 10)
    meter(flows, query(0))
    (report,) = meter(flows, query(99))
    assert (report.flow, report.why) == (of_query(1), LACK_OF_RESOURCES)
    assert len(flows.ask("table").split("|")) == 17


def test_a_full_table_prefers_what_is_due_anyway(flows: Conversation) -> None:
    start(flows, capacity=16)
    for number in range(16):
        meter(flows, query(number))
    flows.ask("wait", 15 * SECOND)
    (report,) = meter(flows, query(99))
    assert report.why == IDLE


def test_changed_timeouts_count_for_flows_that_are_there(flows: Conversation) -> None:
    start(flows)
    meter(flows, query(1))
    flows.ask("succeed", "clean", 60 * SECOND, 30 * SECOND)
    flows.ask("wait", 20 * SECOND)
    assert sweep(flows) == []
    flows.ask("wait", 10 * SECOND)
    assert [report.why for report in sweep(flows)] == [IDLE]


def test_flows_of_before_a_reboot_are_reported_in_their_time(flows: Conversation) -> None:
    """Twenty seconds pass, the last five after the boot: some times lie before it, others not."""
    start(flows, capacity=16, idle=24 * SECOND)
    meter(flows, query(1))
    flows.ask("wait", 6 * SECOND)
    meter(flows, query(2))
    flows.ask("reboot", 20 * SECOND, 5 * SECOND)
    (report,) = sweep(flows)
    assert report == Report(of_query(1), 1, 29, 0, IDLE, -21 * SECOND, -21 * SECOND)
    assert flows.ask("table").split()[-1] == "20|"
    assert meter(flows, query(2)) == []
    flows.ask("wait", 24 * SECOND)
    (report,) = sweep(flows)
    assert report == Report(of_query(2), 2, 58, 0, IDLE, -15 * SECOND, 5 * SECOND)


def test_a_full_table_of_before_a_reboot_makes_room(flows: Conversation) -> None:
    start(flows, capacity=16)
    for number in range(16):
        meter(flows, query(number))
        flows.ask("wait", SECOND)
    flows.ask("reboot", 10 * SECOND, SECOND)
    told = [meter(flows, query(number)) for number in (97, 98)]
    assert [(report.flow, report.why) for (report,) in told] == [
        (of_query(0), IDLE), (of_query(1), IDLE),
    ]  # fmt: skip


def test_a_shorter_active_timeout_counts_for_flows_of_before_a_reboot(flows: Conversation) -> None:
    start(flows, active=7200 * SECOND, idle=7200 * SECOND)
    meter(flows, query(1))
    flows.ask("reboot", 5400 * SECOND, SECOND)
    flows.ask("succeed", "clean", 60 * SECOND, 7200 * SECOND)
    assert meter(flows, query(1)) == []
    (report,) = sweep(flows)
    assert (report.packets, report.why) == (2, ACTIVE)


A, B, A6, B6 = "10.0.0.1", "192.0.2.1", "2001:db8::1", "2001:db8::2"
KEYS = [
    (ipv4(A, B, icmp(8, 3)), "1 10.0.0.1:0 192.0.2.1:2051 0", 28),
    (ipv6(A6, B6, icmp6(128)), "58 [2001:db8::1]:0 [2001:db8::2]:32768 0", 48),
    (ipv4(A, B, raw(47, b"1234")), "47 10.0.0.1:0 192.0.2.1:0 0", 24),
    (ipv4(A, B, raw(132, b"\0\1\0\2")), "132 10.0.0.1:1 192.0.2.1:2 0", 24),
    (ipv4(A, B, udp(5, 6, bytes(8)), more=True), "17 10.0.0.1:5 192.0.2.1:6 0", 36),
    (ipv4(A, B, raw(UDP, bytes(8)), offset=2), "17 10.0.0.1:0 192.0.2.1:0 0", 28),
    (ipv6(A6, B6, raw(UDP, bytes(8)), extensions=[fragment6(2, False)]),
     "17 [2001:db8::1]:0 [2001:db8::2]:0 0", 56),
    (ipv4(A, B, raw(6, b"\0\1")), "6 10.0.0.1:0 192.0.2.1:0 0", 22),
    (query(1) + bytes(20), of_query(1), 29),
]  # fmt: skip


@pytest.mark.parametrize(("packet", "flow", "size"), KEYS)
def test_flows_of_all_kinds(flows: Conversation, packet: bytes, flow: str, size: int) -> None:
    start(flows)
    meter(flows, packet)
    *found, packets, counted, _, _ = flows.ask("table").rstrip("|").split()
    assert (" ".join(found), packets, counted) == (flow, "1", str(size))


def test_marks_part_flows(flows: Conversation) -> None:
    start(flows)
    meter(flows, query(1), mark=1)
    meter(flows, query(1), mark=2)
    assert flows.ask("table").count("|") == 2


@pytest.mark.parametrize("packet", [b"", b"\x45", b"\xff" * 40, query(1)[:25]])
def test_what_is_no_packet_is_not_metered(flows: Conversation, packet: bytes) -> None:
    start(flows)
    assert flows.ask("count", 0, packet.hex() or "-") == "unmetered "


@dataclass
class Account:
    """Checks each report against what was sent."""

    active: int
    idle: int
    clock: int = SECOND
    sent: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    last_told: dict[str, int] = field(default_factory=dict)

    def check(self, reports: list[Report]) -> None:
        for report in reports:
            self.told[report.flow] += report.packets
            assert report.packets > 0
            assert self.last_told.get(report.flow, 0) <= report.first <= report.last <= self.clock
            self.last_told[report.flow] = report.last
            if report.why == IDLE:
                assert self.clock - report.last >= self.idle
            if report.why == ACTIVE:
                assert self.clock - report.first >= self.active


counts = st.tuples(st.just("count"), st.integers(0, 5))
waits = st.tuples(st.just("wait"), st.integers(0, 20 * SECOND))
sweeps = st.tuples(st.just("sweep"))
successions = st.tuples(st.just("succeed"), st.sampled_from(["clean", "torn"]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(20, 60), st.integers(1, 15),
    st.lists(st.one_of(counts, counts, waits, sweeps, successions), max_size=60),
)  # fmt: skip
def test_every_packet_is_reported_once_and_in_time(
    flows: Conversation, active: int, idle: int, steps: list[Step]
) -> None:
    account = Account(active * SECOND, idle * SECOND)
    start(flows, 64, account.active, account.idle)
    for step in steps:
        match step:
            case ("count", int() as number):
                account.check(meter(flows, query(number)))
                account.sent[of_query(number)] += 1
            case ("wait", int() as time):
                flows.ask("wait", time)
                account.clock += time
            case ("sweep",):
                account.check(sweep(flows))
                for line in flows.ask("table").split("|"):
                    assert not line or int(line.split()[-1]) * SECOND < account.idle
            case ("succeed", str() as how):
                flows.ask("succeed", how, account.active, account.idle)
    flows.ask("wait", 15 * SECOND)
    account.clock += 15 * SECOND
    account.check(sweep(flows))
    assert account.told == account.sent
    assert flows.ask("table") == ""
