"""TCP scenarios, some of them with segments that no correct host would send."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.differential.steps import Ends, Scenario
from tests.packets import ACK, FIN, PSH, RST, SYN, URG, Segment, tcp

FLAGS = [
    *(SYN, SYN | ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK, FIN, FIN | PSH | ACK, 0),
    *(SYN | FIN, SYN | RST, FIN | RST, SYN | FIN | RST | PSH | ACK | URG, URG, PSH, ACK | URG),
]
WRONG = [-1, 1, -100, 100, -1000, 1000, -70000, 70000, 1 << 30, 1 << 31]


@dataclass
class Conversation:
    """Both ends of a TCP connection as they are when everything gets through."""

    chance: random.Random
    ends: Ends
    wrong: bool
    """Whether numbers are wrong now and then."""
    next: dict[bool, int] = field(default_factory=dict)  # by who sends: inwards is the server
    opened: dict[bool, bool] = field(default_factory=lambda: {False: False, True: False})

    def __post_init__(self) -> None:
        self.next = {side: self.chance.getrandbits(32) for side in (False, True)}

    def likely(self) -> tuple[bool, int]:
        """Return the sender and flags of the segment that correct ends would send next."""
        if not self.opened[False]:
            return False, SYN
        if not self.opened[True]:
            return True, SYN | ACK
        side = self.chance.random() < 0.5
        return side, self.chance.choices([ACK, PSH | ACK, FIN | ACK, RST | ACK], [6, 6, 2, 1])[0]

    def step(self) -> Scenario:
        chance = self.chance
        inwards, flags = self.likely()
        notes = []
        if chance.random() < 0.25:
            inwards, flags = chance.random() < 0.5, chance.choice(FLAGS)
            notes.append("flags")
        seq, ack, window = self.next[inwards], self.next[not inwards], 65535
        if self.wrong and chance.random() < 0.15:
            seq += chance.choice(WRONG)
            notes.append("seq")
        if self.wrong and flags & ACK and chance.random() < 0.1:
            ack += chance.choice(WRONG)
            notes.append("ack")
        if self.wrong and chance.random() < 0.1:
            window = chance.choice([0, 1, 1000])
            notes.append("window")
        size = chance.choice([0, 0, 1, 100, 1000]) if flags & (PSH | FIN) else 0
        options = b"\x03\x03\x07\x01\x04\x02" if flags & SYN and chance.random() < 0.5 else b""
        segment = tcp(
            *self.ends.ports(inwards), flags, bytes(size), seq=seq % 2**32,
            ack=ack % 2**32 if flags & ACK else 0, window=window, options=options,
        )  # fmt: skip
        passed = yield self.ends.step(inwards, segment, " ".join(notes))
        if not passed or "seq" in notes:
            return
        if flags & SYN:
            self.opened[inwards] = True
        self.next[inwards] = (seq + size + bool(flags & SYN) + bool(flags & FIN)) % 2**32

    def open_both(self) -> Scenario:
        """Let both ends send a SYN at once, and answer or miss the other's, in either order."""
        for inwards in (False, True):
            yield self.ends.step(inwards, self._syn(inwards, SYN))
        for inwards in self.chance.choice([(False, True), (True, False), (False,), (True,)]):
            yield self.ends.step(inwards, self._syn(inwards, SYN | ACK))
        self.opened = {False: True, True: True}
        self.next = {side: (number + 1) % 2**32 for side, number in self.next.items()}

    def _syn(self, inwards: bool, flags: int) -> Segment:
        ack = (self.next[not inwards] + 1) % 2**32 if flags & ACK else 0
        return tcp(*self.ends.ports(inwards), flags, seq=self.next[inwards], ack=ack)


def tcp_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """Flags in any order, numbers always right."""
    conversation = Conversation(chance, ends, wrong=False)
    for _ in range(chance.randrange(4, 24)):
        yield from conversation.step()


def wrong_numbers_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """Sequence numbers, acknowledgments and windows that are wrong now and then."""
    conversation = Conversation(chance, ends, wrong=True)
    for _ in range(chance.randrange(4, 24)):
        yield from conversation.step()


def simultaneous_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """A connection that both ends open."""
    conversation = Conversation(chance, ends, wrong=False)
    yield from conversation.open_both()
    for _ in range(chance.randrange(2, 12)):
        yield from conversation.step()
