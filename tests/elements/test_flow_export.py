"""MeterFlows and ExportFlows: the records a collector gets, also during an upgrade."""

from __future__ import annotations

import time
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.elements.frames import Drive
from tests.elements.sent_packets import SENT, Sent, Totals
from tests.elements.successive import Workers
from tests.ipfix import IDLE, Collector
from tests.packets import (
    ACK,
    SYN,
    Capture,
    checksum,
    ether,
    icmp,
    ipv4,
    ipv6,
    read_pcap,
    tcp,
    udp,
    write_pcap,
)

EXPORTER, COLLECTOR = "192.0.2.9", "198.51.100.7"
EXPORT = f"export :: ExportFlows(flows, COLLECTOR {COLLECTOR}, SOURCE {EXPORTER}, SOURCE_PORT 2055"
METER = f"""
flows :: FlowTable(CAPACITY 64, IDLE 0.1s);
in :: FromDump({{folder}}/in.pcap, TIMING true) -> types :: Classifier(12/0800, 12/86dd);
types[0] -> Strip(14) -> CheckIPHeader -> meter4 :: MeterFlows(flows) -> out :: Discard;
types[1] -> Strip(14) -> CheckIP6Header -> meter6 :: MeterFlows(flows) -> out;
{EXPORT}) -> ToDump({{folder}}/out.pcap, ENCAP IP) -> Discard;
"""
MS = 1_000_000
FLOWS = [
    ether(ipv4("10.0.0.1", "192.0.2.1", tcp(40000, 80, SYN, b"x" * 60))),
    ether(ipv4("10.0.0.1", "192.0.2.1", tcp(40000, 80, ACK, b"x" * 60))),
    ether(ipv4("10.0.0.1", "192.0.2.1", icmp(8), tos=0xB8)),
    *[ether(ipv6("2001:db8::1", "2001:db8::2", udp(5353, 53, b"??")))] * 3,
]  # fmt: skip
LAST = ether(ipv4("10.9.9.9", "192.0.2.1", udp(9, 9)))


def then_idle(frames: list[bytes]) -> list[Capture]:
    """Return the frames at once, and another once their flows are idle and were reported."""
    return [*(Capture(frame, MS) for frame in frames), Capture(LAST, 300 * MS)]


def taken(messages: list[bytes], collector: Collector | None = None) -> Collector:
    """Feed IP packets with messages to a collector, after checking each packet; return it."""
    collector = collector or Collector()
    for packet in messages:
        assert packet[:20] == ipv4(EXPORTER, COLLECTOR, udp(2055, 4739, packet[28:]),
                                   dont_fragment=True)[:20]  # fmt: skip
        assert packet[20:] == udp(2055, 4739, packet[28:]).sealed(EXPORTER, COLLECTOR)
        assert checksum(packet[:20]) == 0
        assert len(packet) <= 1400
        collector.take(packet[28:])
    return collector


def test_a_collector_is_told_of_every_flow(workers: Workers) -> None:
    began = time.time()
    (ran,) = workers.run(METER, [then_idle(FLOWS)], handlers=["export.sequence", "meter4.metered"])
    collector = taken(ran.outputs["out"])
    assert collector.gaps == []
    assert ran.handlers == {"export.sequence": "3", "meter4.metered": "4"}
    for record in collector.records:
        start, end = record.pop("flowStartMilliseconds"), record.pop("flowEndMilliseconds")
        assert began * 1000 - 1 <= int(start) <= int(end) <= time.time() * 1000
    common = {"flowEndReason": IDLE, "ingressInterface": 0}
    four = {"sourceIPv4Address": "10.0.0.1", "destinationIPv4Address": "192.0.2.1"}
    assert sorted(collector.records, key=lambda r: int(r["protocolIdentifier"])) == [
        {**four, **common, "sourceTransportPort": 0, "destinationTransportPort": 8 * 256,
         "protocolIdentifier": 1, "ipClassOfService": 0xB8, "tcpControlBits": 0,
         "octetDeltaCount": 28, "packetDeltaCount": 1},
        {**four, **common, "sourceTransportPort": 40000, "destinationTransportPort": 80,
         "protocolIdentifier": 6, "ipClassOfService": 0, "tcpControlBits": SYN | ACK,
         "octetDeltaCount": 200, "packetDeltaCount": 2},
        {**common, "sourceIPv6Address": "2001:db8::1", "destinationIPv6Address": "2001:db8::2",
         "sourceTransportPort": 5353, "destinationTransportPort": 53, "protocolIdentifier": 17,
         "ipClassOfService": 0, "tcpControlBits": 0, "octetDeltaCount": 150,
         "packetDeltaCount": 3},
    ]  # fmt: skip


def test_the_sequence_goes_on_through_upgrades_and_templates_are_not_repeated(
    workers: Workers,
) -> None:
    parts = [then_idle(FLOWS[part * 2 : part * 2 + 2]) for part in range(3)]
    ran = workers.run(METER, parts)
    collector = Collector()
    for one in ran:
        taken(one.outputs["out"], collector)
    assert collector.gaps == []
    assert collector.template_messages == 1
    packets = sum(int(record["packetDeltaCount"]) for record in collector.records)
    assert packets == len(FLOWS) + 2, "the last frame of the last worker is still metered"


def test_templates_are_sent_when_they_are_due_after_a_reboot(workers: Workers) -> None:
    """The time at which they were due lies before the boot."""
    ran = workers.run(METER, [then_idle(FLOWS)] * 2, reboot=[0])
    assert [taken(one.outputs["out"]).template_messages for one in ran] == [1, 1]


@pytest.mark.parametrize("other", ["COLLECTOR 198.51.100.8", f"COLLECTOR {COLLECTOR}, PORT 9"])
def test_another_collector_is_sent_templates_before_data(workers: Workers, other: str) -> None:
    """RFC 7011 8.4: so is the first collector, when it is used again."""
    texts = [METER, METER.replace(f"COLLECTOR {COLLECTOR}", other), METER]
    ran = workers.run(texts, [then_idle(FLOWS)] * 3, handlers=["export.sequence"])
    for one in ran:
        collector = Collector()
        for packet in one.outputs["out"]:
            collector.take(packet[28:])
        assert (collector.template_messages, len(collector.records) >= 3) == (1, True)
    assert [one.handlers["export.sequence"] for one in ran] == ["3", "7", "11"]


def test_flows_go_on_counting_in_the_next_worker(workers: Workers) -> None:
    """Both workers see packets of one flow; neither reports it before it is idle."""
    query = ether(ipv4("10.0.0.1", "192.0.2.1", udp(1, 2)))
    first, second = [Capture(query, MS)] * 3, [Capture(query, MS)] * 2
    ran = workers.run(METER, [first, [*second, Capture(LAST, 300 * MS)]])
    records = taken(ran[0].outputs["out"] + ran[1].outputs["out"]).records
    assert [record["packetDeltaCount"] for record in records] == [5]


def test_a_dead_worker_loses_no_flow_that_was_counted(workers: Workers) -> None:
    first = ether(ipv4("10.9.9.8", "192.0.2.1", udp(9, 9)))
    parts = [[Capture(frame, MS) for frame in FLOWS], then_idle([first])]
    ran = workers.run(METER, parts, handlers=["flows.count"], crash=[0])
    assert ran[0].handlers["flows.count"] == "3"
    records = taken(ran[0].outputs["out"] + ran[1].outputs["out"]).records
    assert sorted(int(record["packetDeltaCount"]) for record in records) == [1, 1, 2, 3]


def test_a_full_table_costs_no_packet(drive: Drive, tmp_path: Path) -> None:
    """16 places and 3000 flows: each flow that makes room is reported, many in a message."""
    sources = [f"10.0.{i >> 8}.{i & 255}" for i in range(3000)]
    frames = [ether(ipv4(source, "192.0.2.1", udp(1, 2))) for source in sources]
    write_pcap(tmp_path / "in.pcap", frames)
    text = METER.replace("CAPACITY 64", "CAPACITY 16").replace("IDLE 0.1s", "IDLE 60")
    text = text.replace("{folder}", ".").replace("TIMING true", "STOP true")
    done = drive(text, "flows.early", "flows.count", "export.lost")
    assert done.stdout.split()[1::2] == ["2984", "16", "0"]
    collector = taken([record.data for record in read_pcap(tmp_path / "out.pcap")])
    assert sum(int(record["packetDeltaCount"]) for record in collector.records) == 2984
    assert collector.messages < 200
    assert collector.gaps == []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=st.lists(SENT, min_size=30, max_size=120))
def test_nothing_is_counted_twice_or_not_at_all(
    sent: list[Sent], drive: Drive, tmp_path: Path
) -> None:
    """There is room for 16 flows; reports and table together account for all packets."""
    write_pcap(tmp_path / "in.pcap", [ether(one.packet) for one in sent])
    text = METER.replace("CAPACITY 64", "CAPACITY 16").replace("IDLE 0.1s", "IDLE 60")
    text = text.replace("{folder}", ".").replace("TIMING true", "STOP true")
    done = drive(text, "flows.table")
    assert done.returncode == 0, done.stderr
    expected, found = Totals({}), Totals({})
    for one in sent:
        expected.add(one.flow, 1, len(one.packet), one.tcp_flags)
    collector = taken([record.data for record in read_pcap(tmp_path / "out.pcap")])
    assert collector.gaps == []
    for record in collector.records:
        found.add_record(record)
    for line in done.stdout.splitlines():
        if line:
            found.add_line(line)
    assert found == expected


def test_addresses_of_version_6(drive: Drive, tmp_path: Path) -> None:
    write_pcap(tmp_path / "in.pcap", then_idle(FLOWS))
    text = METER.replace("{folder}", ".").replace("TIMING true", "TIMING true, STOP true")
    text = text.replace(COLLECTOR, "2001:db8:9::1").replace(EXPORTER, "2001:db8:9::2")
    assert drive(text).returncode == 0
    collector = Collector()
    for record in read_pcap(tmp_path / "out.pcap"):
        payload = record.data[48:]
        assert record.data == ipv6("2001:db8:9::2", "2001:db8:9::1", udp(2055, 4739, payload))
        collector.take(payload)
    assert len(collector.records) == 3


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("FlowTable(CAPACITY 1)", "CAPACITY 1 is out of range"),
        ("FlowTable(IDLE 10ms)", "IDLE is 0.1 to 86400 seconds"),
        ("FlowTable(ACTIVE soon)", "ACTIVE is 1 to 86400 seconds"),
        ("ExportFlows(f, COLLECTOR 10.0.0.1) -> Idle", "SOURCE is missing"),
        ("ExportFlows(f)", "COLLECTOR is missing"),
        ("ExportFlows(f, COLLECTOR here)", "COLLECTOR 'here' is no IP address"),
        ("ExportFlows(f, COLLECTOR 10.0.0.1, SOURCE ::1)", "different IP versions"),
        ("ExportFlows(f, COLLECTOR 10.0.0.1, PORT 70000)", "70000 is no UDP port"),
        ("ExportFlows(f, COLLECTOR 10.0.0.1, MTU 100)", "MTU is 512 to 9000 bytes"),
        ("ExportFlows(f, COLLECTOR 10.0.0.1, SOURCE 203.0.113.9)", "cannot be used"),
        (
            "ExportFlows(f, COLLECTOR 127.0.0.1); ExportFlows(f, COLLECTOR 127.0.0.1)",
            "two elements export the flows of 'f'",
        ),
        ("Idle -> MeterFlows -> Idle", "FLOWS"),
    ],
)
def test_bad_arguments(drive: Drive, element: str, message: str) -> None:
    done = drive(f"f :: FlowTable; {element};")
    assert done.returncode == 1
    assert message in done.stderr


def test_the_test_collector_notices_gaps_and_bad_messages() -> None:
    collector = Collector()
    header = (10).to_bytes(2, "big") + (16).to_bytes(2, "big") + bytes(4)
    collector.take(header + (5).to_bytes(4, "big") + (1).to_bytes(4, "big"))
    collector.take(header + (6).to_bytes(4, "big") + (1).to_bytes(4, "big"))
    assert collector.gaps == [(5, 6)]
    with pytest.raises(AssertionError, match="version 9"):
        collector.take(b"\0\x09\0\x10" + bytes(12))
    assert IPv4Address(COLLECTOR).packed != IPv4Address(EXPORTER).packed
