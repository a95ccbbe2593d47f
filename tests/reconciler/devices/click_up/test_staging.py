from __future__ import annotations

import os
from pathlib import Path

from reconciler.devices.click_up.staging import KEPT_RELEASES, Release, prune, stage


def release(tmp_path: Path, digest: str) -> Release:
    driver = tmp_path / "driver"
    driver.write_bytes(b"\x7fELF")
    return Release(digest, driver, "a :: Idle;\n", "{}\n")


def test_a_release_is_staged_whole(tmp_path: Path) -> None:
    place = stage(tmp_path / "releases", release(tmp_path, "abc"))
    assert sorted(path.name for path in place.iterdir()) == [
        "config.click", "driver", "release.json",
    ]  # fmt: skip
    assert os.access(place / "driver", os.X_OK)
    assert [path.name for path in (tmp_path / "releases").iterdir()] == ["abc"]


def test_what_a_killed_reconciler_left_is_replaced(tmp_path: Path) -> None:
    partial = tmp_path / "releases" / f".abc.{os.getpid()}"
    partial.mkdir(parents=True)
    (partial / "junk").touch()
    place = stage(tmp_path / "releases", release(tmp_path, "abc"))
    assert not (place / "junk").exists()
    assert not partial.exists()


def test_a_staged_release_is_left_alone(tmp_path: Path) -> None:
    first = stage(tmp_path / "releases", release(tmp_path, "abc"))
    before = (first / "driver").stat().st_ino
    assert stage(tmp_path / "releases", release(tmp_path, "abc")) == first
    assert (first / "driver").stat().st_ino == before


def test_old_releases_go_but_not_those_in_use(tmp_path: Path) -> None:
    folder = tmp_path / "releases"
    for number in range(KEPT_RELEASES + 4):
        place = stage(folder, release(tmp_path, f"r{number}"))
        os.utime(place, (number, number))
    assert set(prune(folder, {"r0"})) == {"r1", "r2", "r3"}
    assert (folder / "r0").is_dir()
    assert len(list(folder.iterdir())) == KEPT_RELEASES + 1
    assert prune(tmp_path / "nothing", ()) == ()
