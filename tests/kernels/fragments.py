"""Splits datagrams into fragments and reassembles them."""

from __future__ import annotations

from tests.kernels.gateway import Seen
from tests.packets import Segment, ipv4, raw


def pieces(
    source: str, destination: str, segment: Segment, size: int, ident: int = 7
) -> list[bytes]:
    """Return the fragments of a datagram, `size` bytes each, a multiple of eight."""
    data = segment.sealed(source, destination)
    starts = range(0, len(data), size)
    return [
        ipv4(
            source,
            destination,
            raw(segment.protocol, data[at : at + size]),
            ident=ident,
            offset=at // 8,
            more=at + size < len(data),
        )
        for at in starts
    ]


def joined(fragments: list[Seen]) -> Seen:
    """Return the datagram of which these are all fragments; their header fields must agree."""
    assert len({(seen.source, seen.destination, seen.identification) for seen in fragments}) == 1
    by_offset = {(int.from_bytes(seen.data[6:8]) & 0x1FFF) * 8: seen.payload for seen in fragments}
    data = bytearray()
    for at in sorted(by_offset):
        assert at == len(data)
        data += by_offset[at]
    first = fragments[0]
    segment = Segment(first.protocol, bytes(data), None)
    return Seen("joined", ipv4(first.source, first.destination, segment))
