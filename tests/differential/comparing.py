"""Runs scenarios through two boxes and reports where they differ."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from tests.differential.boxes import Box
from tests.differential.differences import explain
from tests.differential.flows import SCENARIOS
from tests.differential.steps import Ends, Step
from tests.differential.taken import UNSET, Taken
from tests.packets import ACK, FIN, PSH, RST, SYN, URG, checksum

FLAG_NAMES = {"S": SYN, "F": FIN, "R": RST, "P": PSH, "A": ACK, "U": URG}
Came = tuple[list[bytes], list[bytes]]
"""Packets that came out outside and inside."""


@dataclass
class Comparison:
    """Two boxes, the differences found so far, and those that no row accounts for."""

    element: str
    linux: Box
    ours: Box
    external: str
    steps: int = 0
    passed: int = 0
    lost: int = 0
    parted: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def run(self, name: str, number: int, seed: int) -> None:
        """Run one scenario up to the first difference. One that no row accounts for is tried again
        with another port and counts as `lost` if it does not recur: a busy machine loses packets.
        """
        for port in (20_000 + 2 * number, 40_000 + 2 * number):
            chance = random.Random(f"{seed} {name} {number}")
            fault = self._run(name, chance, number % 150 + 1, port)
            if fault is None:
                self.lost += port >= 40_000
                return
        self.parted["unexplained"] += 1
        self.faults.append(fault)

    def _run(self, name: str, chance: random.Random, host: int, port: int) -> str | None:
        ends = Ends(
            host=f"10.0.0.{host}",
            outside=self.external or f"10.0.0.{host}",
            server="192.0.2.80",
            port=port,
            server_port=chance.choice([80, 443, 53, 9999]),
        )
        scenario = SCENARIOS[name](chance, ends)
        history: list[Taken] = []
        passed = None
        with suppress(StopIteration):
            while True:
                step = scenario.send(passed)
                by_linux, by_us = self._sent(self.linux, step), self._sent(self.ours, step)
                history.append(_taken(step, by_linux, by_us))
                self.steps += 1
                if by_linux != by_us:
                    return self._part(name, history, by_linux, by_us)
                passed = any(by_linux)
                self.passed += passed
        return None

    def _sent(self, box: Box, step: Step) -> Came:
        """Send a step; return what came out, fragments reassembled, as boxes may fragment anew."""
        came: Came = ([], [])
        for packet in step.pieces or (step.packet,):
            for way, packets in zip(came, box.send(packet, step.from_outside), strict=True):
                way.extend(packets)
        outside, inside = (joined(way) if step.pieces else way for way in came)
        return [self._normal(one) for one in outside], [self._normal(one) for one in inside]

    def _part(self, name: str, history: list[Taken], by_linux: Came, by_us: Came) -> str | None:
        """Count the row that accounts for the difference; without one, return the scenario."""
        row = explain(self.element, history)
        if row is not None:
            self.parted[row] += 1
            return None
        lines = [_line(one) for one in history]
        came = [[packet.hex() for packet in (*way[0], *way[1])] for way in (by_linux, by_us)]
        return "\n".join([name, *lines, f"Linux: {came[0]}", f"ours: {came[1]}"])

    def _normal(self, packet: bytes) -> bytes:
        """Clear what the two are free to choose: identification, and time to live on a bridge."""
        normal = bytearray(packet)
        normal[4:6] = bytes(2)
        if self.element == "edge-firewall":
            normal[8] = 0
        return _checksummed(normal) if _is_sound(packet) else bytes(normal)


def _taken(step: Step, by_linux: Came, by_us: Came) -> Taken:
    first = [next((packet for way in came for packet in way), b"") for came in (by_linux, by_us)]
    passed = (any(by_linux), any(by_us))
    return Taken(step.packet, step.inwards, step.note, *passed, step.pieces, *first)


def _line(one: Taken) -> str:
    """Return direction, fields of a TCP segment or else the bytes, and who let it through."""
    verdict = {(True, True): "both", (True, False): "Linux only", (False, True): "we only"}
    text = one.packet.hex()
    if one.flags != UNSET:
        names = "".join(name for name, bit in FLAG_NAMES.items() if one.flags & bit) or "-"
        seq, ack = int.from_bytes(one.packet[24:28]), int.from_bytes(one.packet[28:32])
        header = 20 + (one.packet[32] >> 4) * 4
        text = f"{names} seq {seq} ack {ack} window {int.from_bytes(one.packet[34:36])}"
        text += f" data {len(one.packet) - header}"
    if one.pieces:
        text += f" from {[int.from_bytes(piece[6:8]) & 0x1FFF for piece in one.pieces]}"
    arrow = "<" if one.inwards else ">"
    return f"{arrow} {text} {one.note!r} {verdict.get((one.linux, one.ours), 'none')}"


def joined(fragments: list[bytes]) -> list[bytes]:
    """Reassemble the datagrams whose fragments are complete."""
    parts: dict[bytes, dict[int, bytes]] = {}
    for packet in filter(_is_sound, fragments):
        offset = int.from_bytes(packet[6:8]) & 0x1FFF
        parts.setdefault(packet[4:6] + packet[9:10] + packet[12:20], {})[offset * 8] = packet
    return [whole for pieces in parts.values() if (whole := _whole(pieces))]


def _whole(pieces: dict[int, bytes]) -> bytes:
    """Join fragments, given by their offsets; empty when one is missing."""
    data = b""
    while (piece := pieces.get(len(data))) is not None:
        data += piece[20:]
        if not piece[6] & 0x20:
            length = (20 + len(data)).to_bytes(2)
            header = piece[:2] + length + piece[4:6] + bytes(2) + piece[8:20]
            return _checksummed(bytearray(header + data))
    return b""


def _is_sound(packet: bytes) -> bool:
    """Return whether the header's checksum is right."""
    return checksum(packet[: (packet[0] & 15) * 4]) == 0


def _checksummed(packet: bytearray) -> bytes:
    packet[10:12] = bytes(2)
    packet[10:12] = checksum(packet[: (packet[0] & 15) * 4]).to_bytes(2)
    return bytes(packet)
