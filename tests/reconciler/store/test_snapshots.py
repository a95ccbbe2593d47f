"""Snapshots are folders that are complete or absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.store import NoSuchSnapshot, Snapshots
from reconciler.store.snapshots import KEPT
from schemas.snapshot import Occasion
from tests.reconciler.store.snapshots import EDGE1, EDGE2, snapshot


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "snapshots")


def test_what_was_added_is_found_with_its_files(snapshots: Snapshots, tmp_path: Path) -> None:
    checkpoint = tmp_path / "7.ckpt"
    checkpoint.write_bytes(b"records")
    one = snapshot(7)
    snapshots.add(one, {"release.json": "{}"}, checkpoint)
    checkpoint.unlink()
    assert snapshots.all() == (one,)
    state = snapshots.checkpoint(one)
    assert state is not None and state.read_bytes() == b"records"
    assert snapshots.read_text(one, "release.json") == "{}"
    assert snapshots.read_text(one, "config.click") == ""


def test_they_are_listed_by_instance_oldest_first(snapshots: Snapshots) -> None:
    for number in (9, 10, 2):
        snapshots.add(snapshot(number), {})
    snapshots.add(snapshot(1, instance=EDGE2), {})
    assert [one.name for one in snapshots.all()] == [
        f"{EDGE1}@20300131T180200Z-2", f"{EDGE1}@20300131T180900Z-9",
        f"{EDGE1}@20300131T181000Z-10", f"{EDGE2}@20300131T180100Z-1",
    ]  # fmt: skip
    assert snapshots.all(EDGE2) == (snapshot(1, instance=EDGE2),)


def test_half_a_snapshot_is_none(snapshots: Snapshots) -> None:
    place = snapshots.add(snapshot(1), {})
    dead = place.with_name(f".{place.name}.1")
    dead.mkdir()
    (dead / "about.json").write_text((place / "about.json").read_text())
    (place.with_name("20300131T190000Z-2")).mkdir()
    (place.with_name("20300131T190000Z-3")).mkdir()
    (place.with_name("20300131T190000Z-3") / "about.json").write_text("{")
    assert snapshots.all() == (snapshot(1),)


def test_the_same_again_changes_nothing(snapshots: Snapshots) -> None:
    place = snapshots.add(snapshot(1), {"config.click": "a"})
    assert snapshots.add(snapshot(1), {"config.click": "b"}) == place
    assert (place / "config.click").read_text() == "a"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (EDGE1, 3), (f"{EDGE1}@latest", 3), (f"{EDGE1}@20300131T180200Z-2", 2),
        (f"{EDGE1}@20300131T1801", 1), (f"{EDGE1}@{2:040x}", 2), (f"{EDGE1}@2030", 3),
    ],
)  # fmt: skip
def test_names(snapshots: Snapshots, name: str, number: int) -> None:
    for each in (1, 2, 3):
        snapshots.add(snapshot(each), {})
    assert snapshots.find(name) == snapshot(number)


@pytest.mark.parametrize("name", [f"{EDGE1}@1999", "edge1", "edge1/other", "../x@latest", "*/*"])
def test_a_wrong_name_is_told_the_right_ones(snapshots: Snapshots, name: str) -> None:
    with pytest.raises(NoSuchSnapshot, match="known: none"):
        snapshots.find(name)
    snapshots.add(snapshot(1), {})
    with pytest.raises(NoSuchSnapshot, match=r"known: .*20300131T180100Z-1"):
        snapshots.find(name)


def test_old_ones_go_but_those_that_nothing_else_holds_stay(snapshots: Snapshots) -> None:
    periodic = [snapshot(n) for n in range(6)]
    swaps = [snapshot(n, Occasion.TAKEOVER) for n in range(100, 113)]
    last = [snapshot(200 + n, Occasion.REMOVAL) for n in range(20)]
    found = snapshot(300, Occasion.FOUND)
    other = snapshot(0, instance=EDGE2)
    for one in (*periodic, *swaps, *last, found, other):
        snapshots.add(one, {})
    assert snapshots.remove_expired(EDGE1) == (*periodic[:3], *swaps[:3])
    assert len(snapshots.all(EDGE1)) == sum(KEPT.values()) + 21
    assert snapshots.all(EDGE2) == (other,)


def test_a_removed_one_is_gone(snapshots: Snapshots) -> None:
    place = snapshots.add(snapshot(1), {})
    snapshots.remove(snapshot(1))
    assert snapshots.all() == () and list(place.parent.iterdir()) == []
