"""A step of a scenario and its outcome."""

from __future__ import annotations

from dataclasses import dataclass

from tests.kernels.gateway import Seen
from tests.packets import FIN, SYN, TCP

UNSET = -1


@dataclass(frozen=True)
class Taken:
    """A packet that was sent: whether Linux let it through, and whether we did."""

    packet: bytes
    inwards: bool
    note: str
    linux: bool
    ours: bool
    pieces: tuple[bytes, ...] = ()
    """Its fragments, if it was fragmented."""
    from_linux: bytes = b""
    from_us: bytes = b""
    """The first packet that came out."""

    @property
    def seen(self) -> Seen:
        return Seen("sent", self.packet)

    @property
    def from_inside(self) -> bool:
        return self.seen.source.startswith("10.")

    @property
    def flags(self) -> int:
        """Flags of a TCP segment, else UNSET."""
        whole = len(self.packet) >= 34 and self.packet[9] == TCP
        return self.packet[33] if whole else UNSET

    def has(self, flags: int, without: int = 0) -> bool:
        return self.flags != UNSET and self.flags & flags == flags and not self.flags & without

    @property
    def sequence(self) -> int:
        """Sequence number of a TCP segment; all properties below are for TCP too."""
        return int.from_bytes(self.packet[24:28])

    @property
    def acknowledgment(self) -> int:
        return int.from_bytes(self.packet[28:32])

    @property
    def header(self) -> int:
        return (self.packet[32] >> 4) * 4

    @property
    def end(self) -> int:
        """The sequence number after the last one that it occupies."""
        data = len(self.packet) - 20 - self.header
        return (self.sequence + data + self.has(SYN) + self.has(FIN)) % 2**32

    def window(self, shift: int) -> int:
        """Return its window; that of a SYN is never scaled, and counts as at least 1."""
        announced = int.from_bytes(self.packet[34:36])
        return max(announced, 1) if self.has(SYN) else announced << shift

    @property
    def passed(self) -> bool:
        return self.linux and self.ours

    @property
    def by_linux_alone(self) -> bool:
        return self.linux and not self.ours

    @property
    def by_us_alone(self) -> bool:
        return self.ours and not self.linux
