"""Elements that change or check IP packets, against packets built with other fields."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.elements.frames import Run
from tests.elements.ip_models import Ip, lists_of_packets

FEW = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Both versions, each with its header marked, then back in order of arrival: one output file.
MARKED = (
    "FromDump(in.pcap, STOP true) -> Strip(14) -> MarkIPHeader -> {elements}"
    " -> Unstrip(14) -> ToDump(out.pcap) -> Discard;"
)


@FEW
@given(packets=lists_of_packets())
def test_a_hop_is_taken_and_checksums_stay_right(run: Run, packets: list[Ip]) -> None:
    text = MARKED.format(elements="d :: DecIPTTL")
    text += "d[1] -> Unstrip(14) -> ToDump(expired.pcap) -> Discard;"
    found = run(text, [one.frame() for one in packets])
    alive = [replace(one, ttl=one.ttl - 1).frame() for one in packets if one.ttl > 1]
    assert found["out"] == alive
    assert found["expired"] == [one.frame() for one in packets if one.ttl <= 1]


@FEW
@given(packets=lists_of_packets(), dscp=st.integers(0, 63), ecn=st.integers(0, 3))
def test_the_traffic_class_is_set(run: Run, packets: list[Ip], dscp: int, ecn: int) -> None:
    text = MARKED.format(elements=f"SetIPDSCP({dscp}) -> SetIPECN({ecn})")
    found = run(text, [one.frame() for one in packets])
    assert found["out"] == [replace(one, tos=dscp << 2 | ecn).frame() for one in packets]


@FEW
@given(packets=lists_of_packets(), spoiled=st.data())
def test_transport_checks_tell_right_from_wrong(
    run: Run, packets: list[Ip], spoiled: st.DataObject
) -> None:
    """Valid packets pass the check of their protocol; with one flipped bit they do not."""
    kinds = {6: "TCP", 17: "UDP", 1: "ICMP", 58: "ICMP"}
    checked = [one for one in packets if one.segment.protocol in kinds]
    good = [one.frame() for one in checked]
    bad = [_flipped(one, spoiled.draw(st.integers(0, 7))) for one in checked]
    for kind in ("TCP", "UDP", "ICMP"):
        text = MARKED.format(elements=f"c :: Check{kind}Header")
        text += "c[1] -> Unstrip(14) -> ToDump(bad.pcap) -> Discard;"
        of_kind = [kinds[one.segment.protocol] == kind for one in checked]
        assert run(text, good)["out"] == [
            f for f, is_one in zip(good, of_kind, strict=True) if is_one
        ]
        assert run(text, bad)["bad"] == bad


def _flipped(packet: Ip, bit: int) -> bytes:
    """Return the frame with an error that its check must find: a flipped bit, or a wrong length."""
    frame = packet.frame()
    unchecked = packet.segment.checksum_at is None
    at = len(frame) - 1 if packet.segment.data[8:] and not unchecked else _transport(frame) + 1
    if unchecked:  # nothing says what is right, so make a wrong length of it
        at = _transport(frame) + 4
        return frame[:at] + b"\xff\xff" + frame[at + 2 :]
    return frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1 :]


def _transport(frame: bytes) -> int:
    """Return the offset of the transport header of an `Ip`."""
    if frame[14] >> 4 == 4:
        return 14 + (frame[14] & 15) * 4
    return 54 + (8 if frame[20] == 60 else 0)


@FEW
@given(packets=lists_of_packets(), noise=st.binary(min_size=2, max_size=2))
def test_checksums_are_computed_anew(run: Run, packets: list[Ip], noise: bytes) -> None:
    """Whatever a checksum was before, it is right afterwards."""
    for kind, protocol, at in (("TCP", 6, 16), ("UDP", 17, 6)):
        ours = [one for one in packets if one.segment.protocol == protocol]
        right = [replace(one, segment=replace(one.segment, checksum_at=at)) for one in ours]
        frames = [one.frame() for one in ours]
        places = [_transport(frame) + at for frame in frames]
        wrong = [
            f[:place] + noise + f[place + 2 :] for f, place in zip(frames, places, strict=True)
        ]
        text = MARKED.format(elements=f"SetIPChecksum -> Set{kind}Checksum")
        assert run(text, wrong)["out"] == [one.frame() for one in right]
