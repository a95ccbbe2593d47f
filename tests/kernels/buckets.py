"""Token buckets of RFC 2697 and 2698 in exact arithmetic, one for each key."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.kernels.conversation import Conversation
from tests.packets import ipv4, udp

BILLION = 1_000_000_000


@dataclass(frozen=True)
class Limit:
    """Tokens a second, most tokens in a bucket, and their unit: `packets` or `bits`."""

    rate: int
    burst: int
    unit: str = "packets"

    @property
    def full(self) -> int:
        return self.burst * BILLION

    def price(self, size: int) -> int:
        return (1 if self.unit == "packets" else min(size * 8, self.burst)) * BILLION

    def words(self) -> tuple[int, int, str]:
        return self.rate, self.burst, self.unit


@dataclass
class Buckets:
    """Tokens in billionths by key; an unknown key has a full bucket. Time passes for all."""

    limit: Limit
    tokens: dict[object, int] = field(default_factory=dict)

    def wait(self, nanoseconds: int) -> None:
        for key, tokens in self.tokens.items():
            self.tokens[key] = min(tokens + nanoseconds * self.limit.rate, self.limit.full)

    def change(self, limit: Limit) -> None:
        for key, tokens in self.tokens.items():
            kept = tokens if limit.unit == self.limit.unit else 0
            self.tokens[key] = min(kept, limit.full)
        self.limit = limit

    def take(self, key: object, size: int) -> bool:
        tokens = self.tokens.get(key, self.limit.full) - self.limit.price(size)
        if tokens < 0:
            return False
        self.tokens[key] = tokens
        return True


def sender(number: int) -> str:
    return ipv4(f"10.0.{number}.1", "192.0.2.1", udp(1, 2)).hex()


def start(buckets: Conversation, limit: Limit, capacity: int = 64) -> None:
    assert buckets.ask("start", capacity, *limit.words()) == "adopted 0"


def take(buckets: Conversation, packet: str = "-", keying: str = "all", size: int = 100) -> bool:
    return buckets.ask("take", size, keying, 0, packet) == "conforming"


bit_limits = st.builds(Limit, st.integers(1, 10**11), st.integers(12_144, 10**10), st.just("bits"))
