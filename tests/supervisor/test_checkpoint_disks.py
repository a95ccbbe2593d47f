"""Checkpoints on disks that are full or cannot be written to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernels.conversation import Conversation
from tests.netns import mount, needs_sandbox
from tests.supervisor.checkpoint_items import FIRST, fill
from tests.supervisor.checkpointing import compile_checkpoints


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with Conversation(compile_checkpoints(tmp_path_factory.mktemp("checkpoints"))) as program:
        yield program


@needs_sandbox
class TestMounted:
    """File systems of our own."""

    @pytest.fixture
    def small(self, tmp_path: Path) -> Iterator[Path]:
        """A disk of 18 MB."""
        where = tmp_path / "small"
        where.mkdir()
        mount("-t", "tmpfs", "-o", "size=18m", "none", str(where))
        yield where
        subprocess.run(["umount", str(where)], check=True)

    def test_a_disk_that_is_nearly_full_is_not_written_to(
        self, program: Conversation, small: Path
    ) -> None:
        fill(program)
        assert program.ask("write", small, "x").split()[0] == FIRST
        (small / "other").write_bytes(bytes(3 << 20))
        told = program.ask("write", small, "x")
        assert told.startswith("DirectoryFull ") and "14 MB are free and 17 MB are needed" in told
        assert sorted(os.listdir(small)) == [FIRST, "other"]
        assert program.ask("newest", small) == "1"

    def test_a_disk_that_fills_up_meanwhile(self, program: Conversation, small: Path) -> None:
        fill(program)
        program.ask("write", small, "x")
        assert program.ask("overfill", small, 400_000).startswith("DirectoryFull checkpoint '")
        assert os.listdir(small) == [FIRST]
        assert program.ask("verify", small / FIRST).startswith("good ")

    def test_a_directory_without_room_for_a_name(
        self, program: Conversation, tmp_path: Path
    ) -> None:
        fill(program)
        mount("-t", "tmpfs", "-o", "nr_inodes=1", "none", str(tmp_path))
        try:
            assert program.ask("write", tmp_path, "x").startswith("DirectoryFull ")
        finally:
            subprocess.run(["umount", str(tmp_path)], check=True)

    def test_a_directory_that_can_only_be_read(self, program: Conversation, small: Path) -> None:
        fill(program)
        program.ask("write", small, "x")
        mount("-o", "remount,bind,ro", str(small))
        assert program.ask("write", small, "x").startswith("DirectoryReadOnly ")
        data = bytearray((small / FIRST).read_bytes())
        mount("-o", "remount,bind,rw", str(small))
        data[700] ^= 4
        (small / "0000000002.ckpt").write_bytes(data)
        mount("-o", "remount,bind,ro", str(small))
        assert program.ask("newest", small).startswith("1 | 2 damaged ")
        assert sorted(os.listdir(small)) == [FIRST, "0000000002.ckpt"]
