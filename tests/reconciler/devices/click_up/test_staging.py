from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from reconciler.devices.click_up.staging import KEPT_RELEASES, Release, prune, remove_all, stage
from reconciler.transports.local import LocalTransport

HERE = LocalTransport()
ABC = "abc0" * 16


def numbered(number: int) -> str:
    return f"{number:064x}"


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
    place = await staged(folder, ABC)
    assert sorted(path.name for path in place.iterdir()) == [
        "config.click", "driver", "release.json",
    ]  # fmt: skip
    assert os.access(place / "driver", os.X_OK)
    assert os.listdir(folder) == [ABC]


async def test_what_a_killed_reconciler_left_is_replaced(folder: Path) -> None:
    partial = folder / f".{ABC}.{os.getpid()}"
    partial.mkdir(parents=True)
    (partial / "junk").touch()
    place = await staged(folder, ABC)
    assert not (place / "junk").exists()
    assert not partial.exists()


async def test_a_staged_release_is_left_alone_and_counts_as_new(folder: Path) -> None:
    first = await staged(folder, ABC)
    before = (first / "driver").stat().st_ino
    os.utime(first, (1, 1))
    assert await staged(folder, ABC) == first
    assert (first / "driver").stat().st_ino == before
    assert first.stat().st_mtime > 1


async def test_old_releases_go_but_not_those_in_use(folder: Path, tmp_path: Path) -> None:
    for number in range(KEPT_RELEASES + 4):
        place = await staged(folder, numbered(number))
        os.utime(place, (number, number))
    gone = await prune(HERE, PurePosixPath(folder), {numbered(0)})
    assert set(gone) == {numbered(number) for number in (1, 2, 3)}
    assert (folder / numbered(0)).is_dir()
    assert len(os.listdir(folder)) == KEPT_RELEASES + 1
    assert await prune(HERE, PurePosixPath(tmp_path / "nothing"), ()) == ()


async def test_only_releases_are_removed_whatever_directory_a_device_names(folder: Path) -> None:
    foreign = ["home", numbered(77), ".ssh", "a" * 63]
    for number, name in enumerate(foreign):
        (folder / name).mkdir()
        (folder / name / "keep").touch()
        os.utime(folder / name, (number, number))
    for number in range(KEPT_RELEASES + 1):
        await staged(folder, numbered(number))
    (folder / f".{ABC}.1").mkdir()
    os.utime(folder / f".{ABC}.1", (1, 1))
    gone = await prune(HERE, PurePosixPath(folder), ())
    assert set(gone) == {numbered(0), f".{ABC}.1"}
    await remove_all(HERE, PurePosixPath(folder))
    assert sorted(os.listdir(folder)) == sorted(foreign)
    assert all((folder / name / "keep").exists() for name in foreign)
