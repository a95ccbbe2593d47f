from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from reconciler.devices.click_up.staging import KEPT_RELEASES, Release, prune, stage
from reconciler.transports.local import LocalTransport

HERE = LocalTransport()


def release(tmp_path: Path, digest: str) -> Release:
    driver = tmp_path / "driver"
    driver.write_bytes(b"\x7fELF")
    return Release(digest, driver, "a :: Idle;\n", "{}\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "releases"
    made.mkdir()
    return made


async def staged(folder: Path, digest: str) -> Path:
    await stage(HERE, PurePosixPath(folder), release(folder.parent, digest))
    return folder / digest


async def test_a_release_is_staged_whole(folder: Path) -> None:
    place = await staged(folder, "abc")
    assert sorted(path.name for path in place.iterdir()) == [
        "config.click", "driver", "release.json",
    ]  # fmt: skip
    assert os.access(place / "driver", os.X_OK)
    assert os.listdir(folder) == ["abc"]


async def test_what_a_killed_reconciler_left_is_replaced(folder: Path) -> None:
    partial = folder / f".abc.{os.getpid()}"
    partial.mkdir(parents=True)
    (partial / "junk").touch()
    place = await staged(folder, "abc")
    assert not (place / "junk").exists()
    assert not partial.exists()


async def test_a_staged_release_is_left_alone_and_counts_as_new(folder: Path) -> None:
    first = await staged(folder, "abc")
    before = (first / "driver").stat().st_ino
    os.utime(first, (1, 1))
    assert await staged(folder, "abc") == first
    assert (first / "driver").stat().st_ino == before
    assert first.stat().st_mtime > 1


async def test_old_releases_go_but_not_those_in_use(folder: Path, tmp_path: Path) -> None:
    for number in range(KEPT_RELEASES + 4):
        place = await staged(folder, f"r{number}")
        os.utime(place, (number, number))
    assert set(await prune(HERE, PurePosixPath(folder), {"r0"})) == {"r1", "r2", "r3"}
    assert (folder / "r0").is_dir()
    assert len(os.listdir(folder)) == KEPT_RELEASES + 1
    assert await prune(HERE, PurePosixPath(tmp_path / "nothing"), ()) == ()
