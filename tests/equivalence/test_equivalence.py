"""A firewall's output is the same, byte for byte, whether it was upgraded in between or not.

The oracle is the one of chain output equivalence: replay a capture with an upgrade at frame k and
without, and compare. Every k of small captures, a thousand of large ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from reconciler.graph import Graph
from reconciler.graph.click_language import render
from reconciler.load import load
from reconciler.load.repository import unbound_instance
from reconciler.resolve import resolve
from tests.cpp import compile_program
from tests.equivalence import flows
from tests.equivalence.flows import Seen, disturbed, weave
from tests.equivalence.recording import recorded
from tests.equivalence.replaying import Replay, copied, undisturbed, write_frames
from tests.equivalence.takeovers import (
    Moment,
    Takeover,
    adopted,
    carried,
    carried_meanwhile,
    there_and_back,
)
from tests.kernels.conversation import Conversation
from tests.libraries import kept_sessions_1, todays_library
from tests.netns import needs_sandbox
from tests.objects import ROOT

HERE = Path(__file__).parent
DEVICES = {"FromDevice", "ToDevice", "IPPrint"}
INSTEAD = {
    "FromDevice(": "ReplaySource(",
    "ToDevice(": "ReplaySink(",
    "IPPrint(rejected)": "Null",
    "CAPACITY 65536": "CAPACITY 512",
}
LARGE_PLACES = 1000
# Eight times as long: each of the thousand frames in each of the eight ways.
THOROUGH = bool(os.environ.get("CLICKUP_THOROUGH"))


class Releases(NamedTuple):
    """The same pipeline with records of layout 1 and of layout 2: the one that forwards first, and
    the one that takes over.
    """

    old: Replay
    new: Replay
    older: Replay
    newer: Replay


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    folder = tmp_path_factory.mktemp("releases")
    graph = _graph()
    config = folder / "config.click"
    text = render(graph)
    for ours, replayed in INSTEAD.items():
        text = text.replace(ours, replayed)
    config.write_text(text)
    classes = graph.classes - DEVICES | {"Null"}
    source = [HERE / "replay.cc"]
    old = compile_program(folder / "old", source, classes, library=kept_sessions_1())
    new = compile_program(folder / "new", source, classes)
    with ExitStack() as stack:
        programs = [stack.enter_context(Conversation(one)) for one in (old, new, old, new)]
        yield Releases(*(Replay(program, config) for program in programs))


def _graph() -> Graph:
    library = todays_library()
    name = "elements/edge-firewall.yaml"
    files = {name: (ROOT / "desired_state" / name).read_text()}
    desired = unbound_instance(load(files).elements["edge-firewall"])
    return resolve(desired, library).graph


def _small(random: Random) -> dict[str, list[Seen]]:
    connections = [flows.connection(random, 40000 + number) for number in range(4)]
    return {
        "connections": weave(connections, random),
        "loss": weave([disturbed(one, random) for one in connections], random),
        "simultaneous open": flows.simultaneous_open(41000),
        "half closed": flows.half_closed(41001),
        "strangers": flows.strangers(41002),
        "datagrams": weave([flows.datagrams(random, 42000 + n) for n in range(4)], random),
        "echoes": flows.echoes(77),
        "errors": flows.errors(43000),
        "fragments": flows.fragments(44000),
        "malformed": flows.malformed(random, 45000),
    }


def _large(random: Random) -> list[Seen]:
    many = [disturbed(flows.connection(random, 20000 + n), random, 0.1) for n in range(60)]
    many += [flows.datagrams(random, 30000 + number) for number in range(20)]
    for number in range(3):
        many += [
            flows.errors(46000 + number),
            flows.fragments(47000 + number),
            flows.malformed(random, 48000 + number),
            flows.half_closed(49000 + number),
            flows.simultaneous_open(50000 + number),
        ]
    return weave(many, random)


SMALL = _small(Random(1))


@pytest.mark.parametrize("name", SMALL)
def test_small_captures_at_every_frame(releases: Releases, name: str, tmp_path: Path) -> None:
    seen = SMALL[name]
    check(releases, tmp_path, seen, list(range(len(seen))), every_way=True)


@pytest.mark.timeout(600)
def test_a_large_capture_at_a_thousand_frames(releases: Releases, tmp_path: Path) -> None:
    seen = _large(Random(2))
    places = sorted(Random(3).sample(range(len(seen)), LARGE_PLACES))
    check(releases, tmp_path, seen, places, every_way=THOROUGH)


@needs_sandbox
@pytest.mark.timeout(600)
def test_a_recorded_capture_at_a_thousand_frames(releases: Releases, tmp_path: Path) -> None:
    seen = recorded(LARGE_PLACES + 200)
    places = sorted(Random(4).sample(range(len(seen)), LARGE_PLACES))
    check(releases, tmp_path, seen, places, every_way=THOROUGH)


def check(
    releases: Releases, folder: Path, seen: list[Seen], places: list[int], every_way: bool
) -> None:
    """Check takeovers at all `places`: in every way, or in one way after the other."""
    frames = folder / "frames"
    write_frames(frames, seen)
    for replay in releases:
        replay.load(frames)
    old, new, older, newer = releases
    random = Random(5)
    from_old = {
        "1 -> 1": adopted(older),
        "1 -> 2": carried(newer, newer),
        "1 -> 2, carried meanwhile": carried_meanwhile(older, newer, newer, random),
        "1 -> 2 -> 1": there_and_back(older, newer, newer, random),
    }
    from_new = {
        "2 -> 2": adopted(newer),
        "2 -> 1": carried(older, newer),
        "2 -> 1, carried meanwhile": carried_meanwhile(newer, older, newer, random),
        "2 -> 1 -> 2": there_and_back(newer, older, newer, random),
    }
    ways = [*from_old, *from_new]
    turns = {at: None if every_way else ways[n % len(ways)] for n, at in enumerate(places)}
    compare(old, folder, len(seen), turns, from_old)
    compare(new, folder, len(seen), turns, from_new)


def compare(
    base: Replay, folder: Path, frames: int, turns: dict[int, str | None], ways: dict[str, Takeover]
) -> None:
    """Compare with the output without a takeover. `turns`: which way at which frame, None: all."""
    whole = undisturbed(base, folder, frames)
    assert any(whole.left), "nothing left at all: there was nothing to compare"

    def stop(at: int, tables: Path) -> None:
        for name, way in ways.items():
            if turns[at] in (None, name):
                with copied(tables, folder / "copy") as copy:
                    left = way(Moment(folder, copy, at, frames))
                assert left == whole.after(at), f"{name} at frame {at}"

    assert undisturbed(base, folder, frames, turns, stop) == whole
