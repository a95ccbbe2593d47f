"""Fragments, tunnels and errors, compared with what the standards require."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.elements.frames import Run
from tests.elements.ip_models import Ip, ip_packets, lists_of_packets
from tests.packets import (
    ether,
    icmp,
    icmp6,
    ipv4,
    ipv6,
    raw,
    udp,
)

FEW = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MARKED = "FromDump(in.pcap, STOP true) -> Strip(14) -> MarkIPHeader -> "


long_packets = st.lists(
    st.builds(
        lambda ip, size, byte: replace(ip, segment=raw(17, bytes([byte]) * size + b"end")),
        ip_packets((4,)),
        st.integers(0, 1500),
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=40,
)


@FEW
@given(packets=long_packets, mtu=st.integers(68, 1500))
def test_fragments_fit_and_make_the_packet_again(run: Run, packets: list[Ip], mtu: int) -> None:
    text = MARKED + f"f :: IPFragmenter({mtu}) -> ToDump(out.pcap) -> Discard;"
    text += "f[1] -> ToDump(refused.pcap) -> Discard;"
    packets = [replace(one, ident=number) for number, one in enumerate(packets)]
    found = run(text, [one.frame() for one in packets])
    refused = [one for one in packets if one.dont_fragment and len(one.packet()) > mtu]
    assert found["refused"] == [one.packet() for one in refused]
    assert all(len(one) <= mtu for one in found["out"])
    whole = [_together(found["out"], one.ident) for one in packets if one not in refused]
    assert whole == [one.packet() for one in packets if one not in refused]


def _together(fragments: list[bytes], ident: int) -> bytes:
    """Reassemble the datagram as a receiver that goes by offsets alone (RFC 791)."""
    ours = [one for one in fragments if int.from_bytes(one[4:6]) == ident]
    header = next(one for one in ours if int.from_bytes(one[6:8]) & 0x1FFF == 0)
    size = (header[0] & 15) * 4
    payload = b""
    for one in sorted(ours, key=lambda one: int.from_bytes(one[6:8]) & 0x1FFF):
        assert (int.from_bytes(one[6:8]) & 0x1FFF) * 8 == len(payload)
        assert _adds_up(one[: (one[0] & 15) * 4])
        payload += one[(one[0] & 15) * 4 :]
    assert [bool(one[6] & 0x20) for one in ours].count(False) == 1
    return _resealed(header[:size], payload)


def _adds_up(header: bytes) -> bool:
    total = sum(int.from_bytes(header[i : i + 2]) for i in range(0, len(header), 2))
    return total % 0xFFFF == 0


def _resealed(header: bytes, payload: bytes) -> bytes:
    flags = header[6] & ~0x20
    length = (len(header) + len(payload)).to_bytes(2)
    bare = header[:2] + length + header[4:6] + bytes([flags]) + header[7:10] + b"\0\0" + header[12:]
    total = sum(int.from_bytes(bare[i : i + 2]) for i in range(0, len(bare), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return bare[:10] + (~total & 0xFFFF).to_bytes(2) + bare[12:] + payload


@FEW
@given(packets=lists_of_packets(), key=st.none() | st.integers(0, 2**32 - 1), six=st.booleans())
def test_a_tunnel_gives_back_what_went_in(
    run: Run, packets: list[Ip], key: int | None, six: bool
) -> None:
    ends = ("2001:db8::1", "2001:db8::2") if six else ("192.0.2.1", "192.0.2.2")
    check = "CheckIP6Header" if six else "CheckIPHeader"
    keyed = "" if key is None else f"KEY {key}"
    text = MARKED + (
        f"GREEncap({', '.join(filter(None, [*ends, keyed]))}) -> {check}"
        f" -> d :: GREDecap({keyed}) -> out :: ToDump(out.pcap) -> Discard; d[1] -> out;"
        "d[2] -> Discard; d[3] -> ToDump(others.pcap) -> Discard;"
    )
    found = run(text, [one.frame() for one in packets])
    assert sorted(found["out"]) == sorted(one.packet() for one in packets)
    assert found["others"] == []


@FEW
@given(packets=lists_of_packets(), vni=st.integers(0, 2**24 - 1))
def test_flows_keep_their_port_in_a_vxlan_tunnel(run: Run, packets: list[Ip], vni: int) -> None:
    text = (
        f"FromDump(in.pcap, STOP true) -> VXLANEncap(192.0.2.1, 192.0.2.2, {vni})"
        f" -> ToDump(wire.pcap) -> CheckIPHeader -> VXLANDecap({vni})"
        " -> ToDump(out.pcap) -> Discard;"
    )
    frames = [one.frame() for one in packets]
    found = run(text, [*frames, *frames])
    assert found["out"] == [*frames, *frames]
    ports = [int.from_bytes(one[20:22]) for one in found["wire"]]
    assert ports[: len(frames)] == ports[len(frames) :]
    assert all(port >= 0xC000 for port in ports)


@FEW
@given(packets=lists_of_packets())
def test_errors_quote_what_they_are_about(run: Run, packets: list[Ip]) -> None:
    text = MARKED + (
        "ICMPError(192.0.2.1, timeexceeded, SRC6 2001:db8::ff) -> ToDump(out.pcap) -> Discard;"
    )
    found = run(text, [one.frame() for one in packets])
    expected, sent = [], 0
    for one in packets:
        if not _may_have_error(one):
            continue
        sent += 1
        quoted = one.packet()
        if one.version == 4:
            message = icmp(11, payload=quoted[: 576 - 28])
            expected.append(ipv4("192.0.2.1", one.source, message, ttl=200, ident=sent))
        else:
            message = icmp6(3, payload=quoted[: 1280 - 48])
            expected.append(ipv6("2001:db8::ff", one.source, message, hop_limit=255))
    assert found["out"] == expected


def _may_have_error(packet: Ip) -> bool:
    """Return whether an error may answer it; drawn packets come from a host and are whole."""
    if packet.version == 6:
        return True
    ends = (packet.source, packet.destination)
    return not any(end.startswith("127.") or int(end.split(".")[0]) >= 224 for end in ends)


def test_errors_are_limited_to_a_rate(run: Run) -> None:
    frames = [ether(ipv4("10.0.0.1", "10.0.0.2", udp(1, n))) for n in range(500)]
    text = MARKED + "ICMPError(192.0.2.1, timeexceeded, RATE 10) -> ToDump(out.pcap) -> Discard;"
    assert 10 <= len(run(text, frames)["out"]) < 100
    text = MARKED + "r :: TCPReset(10) -> ToDump(resets.pcap) -> Discard; r[1] -> Discard;"
    assert run(text, frames)["resets"] == []
