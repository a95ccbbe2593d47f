"""A step of a scenario and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.kernels.gateway import Seen
from tests.packets import FIN, SYN, TCP

UNSET = -1


@dataclass(frozen=True)
class Taken:
    """A packet that was sent: whether Linux let it through, and we did."""

    packet: bytes
    inwards: bool
    note: str
    linux: bool
    ours: bool
    pieces: tuple[bytes, ...] = ()
    """In which it was sent, when not in one."""
    from_linux: bytes = b""
    from_us: bytes = b""
    """What came out, or the first of it."""

    @property
    def seen(self) -> Seen:
        return Seen("sent", self.packet)

    @property
    def from_inside(self) -> bool:
        return self.seen.source.startswith("10.")

    @property
    def flags(self) -> int:
        """Of a TCP segment, else UNSET."""
        whole = len(self.packet) >= 34 and self.packet[9] == TCP
        return self.packet[33] if whole else UNSET

    def has(self, flags: int, without: int = 0) -> bool:
        return self.flags != UNSET and self.flags & flags == flags and not self.flags & without

    @property
    def sequence(self) -> int:
        """Of a TCP segment, as all below."""
        return int.from_bytes(self.packet[24:28])

    @property
    def acknowledgment(self) -> int:
        return int.from_bytes(self.packet[28:32])

    @property
    def header(self) -> int:
        return (self.packet[32] >> 4) * 4

    @property
    def end(self) -> int:
        """The number after the last one that it takes."""
        data = len(self.packet) - 20 - self.header
        return (self.sequence + data + self.has(SYN) + self.has(FIN)) % 2**32

    def window(self, shift: int) -> int:
        """Those of SYNs are never scaled, and never none."""
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
