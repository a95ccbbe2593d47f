"""Runs scenarios through two boxes and tells where they part."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from tests.differential.boxes import Box
from tests.differential.differences import explain
from tests.differential.flows import SCENARIOS, Ends, Step
from tests.differential.taken import UNSET, Taken
from tests.packets import ACK, FIN, PSH, RST, SYN, URG

FLAG_NAMES = {"S": SYN, "F": FIN, "R": RST, "P": PSH, "A": ACK, "U": URG}
Came = tuple[list[bytes], list[bytes]]
"""Packets that came out outside and inside."""


@dataclass
class Comparison:
    """Two boxes, what parts them so far, and what no row accounts for."""

    element: str
    linux: Box
    ours: Box
    external: str
    steps: int = 0
    passed: int = 0
    parted: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def run(self, name: str, number: int, seed: int) -> None:
        """One scenario, up to where the two part. What no row accounts for is looked at again, with
        another port: a packet that a busy machine lost is no difference.
        """
        for port in (20_000 + 2 * number, 40_000 + 2 * number):
            chance = random.Random(f"{seed} {name} {number}")
            fault = self._run(name, chance, number % 150 + 1, port)
            if fault is None:
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
        pieces: tuple[list[bytes], list[bytes]] = ([], [])
        try:
            step = next(scenario)
            while True:
                by_linux = self.linux.send(step.packet, step.inwards)
                by_us = self.ours.send(step.packet, step.inwards)
                history.append(_taken(step, by_linux, by_us))
                self.steps += 1
                if "fragments" in step.note:
                    pieces[0].extend(by_linux[0])
                    pieces[1].extend(by_us[0])
                elif self._common(by_linux) != self._common(by_us):
                    return self._part(name, history, by_linux, by_us)
                self.passed += any(by_linux)
                step = scenario.send(any(by_linux))
        except StopIteration:
            if joined(pieces[0]) != joined(pieces[1]):
                last = history[-1]
                whole = (bool(joined(pieces[0])), bool(joined(pieces[1])))
                history[-1] = Taken(last.packet, last.inwards, last.note, *whole)
                return self._part(name, history, (pieces[0], []), (pieces[1], []))
        return None

    def _part(self, name: str, history: list[Taken], by_linux: Came, by_us: Came) -> str | None:
        """Counts the row that accounts for it; without one, tells the scenario."""
        row = explain(self.element, history)
        if row is not None:
            self.parted[row] += 1
            return None
        lines = [_line(one) for one in history]
        came = [[packet.hex() for packet in (*way[0], *way[1])] for way in (by_linux, by_us)]
        return "\n".join([name, *lines, f"Linux: {came[0]}", f"ours: {came[1]}"])

    def _common(self, came: Came) -> tuple[list[bytes], list[bytes]]:
        """Without what the two are free to choose: identification, and time to live on a bridge."""
        return [self._normal(one) for one in came[0]], [self._normal(one) for one in came[1]]

    def _normal(self, packet: bytes) -> bytes:
        normal = bytearray(packet)
        normal[4:6] = normal[10:12] = bytes(2)
        if self.element == "edge-firewall":
            normal[8] = 0
        return bytes(normal)


def _taken(step: Step, by_linux: Came, by_us: Came) -> Taken:
    return Taken(step.packet, step.inwards, step.note, any(by_linux), any(by_us))


def _line(one: Taken) -> str:
    """Direction, what a TCP segment says or the bytes, who let it through."""
    verdict = {(True, True): "both", (True, False): "Linux only", (False, True): "we only"}
    text = one.packet.hex()
    if one.flags != UNSET:
        names = "".join(name for name, bit in FLAG_NAMES.items() if one.flags & bit) or "-"
        seq, ack = int.from_bytes(one.packet[24:28]), int.from_bytes(one.packet[28:32])
        header = 20 + (one.packet[32] >> 4) * 4
        text = f"{names} seq {seq} ack {ack} window {int.from_bytes(one.packet[34:36])}"
        text += f" data {len(one.packet) - header}"
    arrow = "<" if one.inwards else ">"
    return f"{arrow} {text} {one.note!r} {verdict.get((one.linux, one.ours), 'none')}"


def joined(fragments: list[bytes]) -> set[tuple[bytes, bytes]]:
    """Whole datagrams among fragments: addresses with protocol, and payload."""
    parts: dict[bytes, dict[int, tuple[bytes, bool]]] = {}
    for packet in fragments:
        word = int.from_bytes(packet[6:8])
        key = packet[9:10] + packet[12:20] + packet[4:6]
        header = (packet[0] & 15) * 4
        parts.setdefault(key, {})[(word & 0x1FFF) * 8] = (packet[header:], bool(word & 0x2000))
    whole = set()
    for key, pieces in parts.items():
        data, at, more = b"", 0, True
        while more and at in pieces:
            piece, more = pieces[at]
            data += piece
            at += len(piece)
        if not more:
            whole.add((key[:9], data))
    return whole
