"""Items of a table, as the checkpoint program lists them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from reconciler.checkpoints.checkpoint import Checkpoint
from tests.kernels.conversation import Conversation

SECOND = 1_000_000_000
FIRST = "0000000001.ckpt"


def fill(program: Conversation, items: int = 3) -> None:
    """Put this many items into `left`, none into `right`; item N has state N and value 10 N, was
    opened 1000 s ago and ends in 500 s.
    """
    program.ask("start", 1024, 16)
    program.ask_all([f"put 0 {n} {n % 256} {n * 10} 1000 500" for n in range(items)])


def listed(program: Conversation, side: int = 0) -> dict[int, tuple[int, int, str, int]]:
    """Return state, value, age and seconds left by key."""
    found = {}
    for word in program.ask("list", side).split():
        key, _, rest = word.partition("=")
        state, value, age, left = rest.split(",")
        found[int(key)] = (int(state), int(value), age, int(left))
    return found


def values(program: Conversation, side: int = 0) -> dict[int, int]:
    return {key: value for key, (_, value, _, _) in listed(program, side).items()}


def aged(checkpoint: Checkpoint, seconds: float = 0, boot: UUID | None = None) -> Checkpoint:
    """Return the checkpoint as if written `seconds` ago, in another boot if one is given."""
    then = int(seconds * SECOND)
    real_time = checkpoint.real_time_ns - then
    return replace(checkpoint, real_time_ns=real_time, boot_id=boot or checkpoint.boot_id)
