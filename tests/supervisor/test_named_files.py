"""Files that a configuration names lie beneath folders that the device allows, and nowhere else.

Whoever writes configurations read /etc/shadow by an error message, appended to any file of the
device, and held a worker for ever with a device file.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cpp import compile_driver
from tests.supervisor.running import Supervised

CLASSES = ["Discard", "Idle", "LookupRoute", "MatchPatterns", "SessionTable", "StreamTable"]
SEARCH = "s :: SessionTable(CAPACITY 64); t :: StreamTable(CAPACITY 64);\n"
SECRET = "root:$6$salt$hash:19000:0:99999:7:::"
TOO_LARGE = (64 << 20) + 1


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_driver(tmp_path_factory.mktemp("files") / "driver", CLASSES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What lies on the device: what is allowed to be read, to be written, and what is not."""
    for name in ("readable/sub", "writable/sub", "private"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "private/shadow").write_text(SECRET + "\n")
    return tmp_path


@pytest.fixture
def supervised(supervisor_program: Path, driver: Path, folder: Path) -> Iterator[Supervised]:
    allowed = [
        "env",
        f"CLICKUP_READABLE={folder}/nowhere:{folder}/readable/",
        f"CLICKUP_WRITABLE={folder}/writable",
    ]
    with Supervised(supervisor_program, driver, folder, None, before=allowed) as one:
        yield one


def routes(path: object) -> str:
    return f"Idle -> LookupRoute(0.0.0.0/0 0, FILE {path}) -> Discard;\n"


def patterns(path: object) -> str:
    return f"{SEARCH}Idle -> MatchPatterns(s, t, PATTERNS {path}) -> Discard;\n"


def alerts(path: object) -> str:
    return f"{SEARCH}Idle -> MatchPatterns(s, t, ALERTS {path}) -> Discard;\n"


READERS = [pytest.param(routes, "10.0.0.0/8 0\n", id="routes"),
           pytest.param(patterns, '1 "attack"\n', id="patterns")]  # fmt: skip


@pytest.mark.parametrize(("config", "content"), READERS)
def test_what_is_allowed_is_read(supervised, folder, config, content):
    (folder / "readable/sub/good").write_text(content)
    for number, path in enumerate((folder / "readable/sub/good", "sub/good", "sub/../sub/good")):
        supervised.confirmed(f"r{number}", config(path))


def outside(folder: Path) -> list[object]:
    """Paths to the secret, as the device's folders are when a test begins."""
    inside = folder / "readable"
    (inside / "link").symlink_to(folder / "private/shadow")
    (inside / "linked").symlink_to(folder / "private")
    return [
        folder / "private/shadow",
        "/etc/shadow",
        f"{folder}/readable/../private/shadow",
        "../private/shadow",
        inside / "link",
        inside / "linked/shadow",
        f"{folder}/readablenot/shadow",
        f"/proc/self/root{folder}/private/shadow",
        "/proc/self/environ",
    ]


@pytest.mark.parametrize(("config", "content"), READERS)
def test_nothing_else_is_read_and_nothing_of_it_told(supervised, folder, config, content):
    for number, path in enumerate(outside(folder)):
        said = supervised.refused(f"r{number}", config(path))
        assert str(path) in said, said
        assert "cannot be read: " in said or "lies outside of the folders" in said
        assert "salt" not in said and "99999" not in said


@pytest.mark.parametrize(("config", "content"), READERS)
def test_content_of_a_file_is_in_no_message(supervised, folder, config, content):
    (folder / "readable/odd").write_text(f"{content}{SECRET} more\n")
    said = supervised.refused("r", config("odd"))
    if config is routes:  # a whole table is loaded while packets flow; its mistake is told then
        assert "odd line 2: a word is no prefix" in said
    else:
        assert "odd, line 2: begins with the rule's number" in said
    assert "root:" not in said and "hash" not in said


@pytest.mark.parametrize(("config", "content"), READERS)
def test_what_has_no_end_or_is_no_file_is_refused(supervised, folder, config, content):
    inside = folder / "readable"
    os.mkfifo(inside / "pipe")
    with open(inside / "large", "wb") as file:
        file.truncate(TOO_LARGE)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(inside / "socket"))
        os.mknod(inside / "zero", 0o20644, os.makedev(1, 5))
        wrong = {"pipe": "no regular file", "zero": "no regular file", "large": "larger than 64",
                 "sub": "Is a directory", "socket": "No such device"}  # fmt: skip
        for name, why in wrong.items():
            assert f"'{name}' cannot be read: " in (said := supervised.refused(name, config(name)))
            assert why in said


def test_alerts_go_to_what_is_allowed_only(supervised, folder):
    before = (folder / "private/shadow").read_bytes()
    inside = folder / "writable"
    (inside / "link").symlink_to(folder / "private/shadow")
    os.mkfifo(inside / "pipe")
    wrong = [folder / "private/shadow", "../private/shadow", inside / "link", inside / "pipe",
             inside, folder / "readable/new", "/dev/null"]  # fmt: skip
    for number, path in enumerate(wrong):
        said = supervised.refused(f"r{number}", alerts(path))
        assert f"ALERTS '{path}'" in said
    assert (folder / "private/shadow").read_bytes() == before
    assert not (folder / "readable/new").exists()
    supervised.takeover("good", alerts("sub/alerts"))
    assert (inside / "sub/alerts").stat().st_mode & 0o777 == 0o640


def test_a_file_named_while_packets_flow_is_confined_too(supervised, folder):
    (folder / "readable/good").write_text('1 "attack"\n')
    graph = patterns("good").replace("Idle -> Match", "Idle -> match :: Match")
    supervised.takeover("r", graph)
    for handler, path in (("patterns", "/etc/shadow"), ("alerts", "/etc/alerts")):
        code, said = supervised.write(f"match.{handler}", path, "control.sock")
        assert code == 520 and "lies outside of the folders that this device allows" in said
    assert not Path("/etc/alerts").exists()


def test_the_root_allows_everything(supervisor_program, driver, folder):
    allowed = ["env", "CLICKUP_READABLE=/"]
    with Supervised(supervisor_program, driver, folder, None, before=allowed) as supervised:
        (folder / "private/routes").write_text("10.0.0.0/8 0\n")
        supervised.confirmed("r", routes(folder / "private/routes"))
        assert "links are not followed" in supervised.refused("s", routes("/proc/self/environ"))


def test_without_a_setting_only_folders_of_click_up_are_allowed(supervisor_program, driver, folder):
    with Supervised(supervisor_program, driver, folder, None) as supervised:
        said = supervised.refused("r", routes("/etc/hostname"))
        assert "(CLICKUP_READABLE): /etc/click-up" in said
        assert "/var/log/click-up" in supervised.refused("a", alerts(folder / "writable/x"))
