"""Builds for a platform that is not this machine's, over the same cache."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from reconciler.build import Builder, find_compiler
from reconciler.errors import CompilerMissing
from reconciler.library import Library
from schemas.platforms import machine_of, platform_of
from tests.reconciler.build.small_library import small_library

ELF_MACHINES = {"linux/amd64": 62, "linux/arm64": 183}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return small_library(tmp_path / "library")


@pytest.fixture
def builder(tmp_path: Path, library: Library) -> Builder:
    return Builder(tmp_path / "cache", library, jobs=1)


@pytest.fixture
def other() -> str:
    (found,) = ELF_MACHINES.keys() - {find_compiler().platform}
    return found


def elf_machine(program: Path) -> int:
    return int.from_bytes(program.read_bytes()[18:20], "little")


@pytest.mark.parametrize("platform", ELF_MACHINES)
def test_platforms_are_machines_by_another_name(platform: str) -> None:
    assert platform_of(machine_of(platform)) == platform


async def test_what_is_built_runs_here(builder: Builder) -> None:
    own = find_compiler().platform
    assert builder.for_platform(own) is builder
    assert elf_machine((await builder.build(["A"])).driver) == ELF_MACHINES[own]


@pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed")
@pytest.mark.timeout(1200)  # the first time, zig builds the C++ library of that platform
async def test_what_is_built_runs_there(builder: Builder, other: str, library: Library) -> None:
    here, there = await builder.build(["A"]), builder.for_platform(other)
    assert there.missing(["A"]) == ("A", "B"), "an object for here is none for there"
    made = await there.build(["A"], with_supervisor=True)
    assert made.digest == there.artifact_digest(["A"]) != here.digest
    assert elf_machine(made.driver) == ELF_MACHINES[other]
    assert elf_machine(await there.supervisor()) == ELF_MACHINES[other]
    assert builder.for_platform(other) is there and there.missing(["A"]) == ()
    assert here.driver.exists() and (await builder.build(["A"])).classes_compiled == ()


def test_without_a_compiler_for_it_nothing_is_begun(
    monkeypatch: pytest.MonkeyPatch, library: Library, tmp_path: Path, other: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    builder = Builder(tmp_path / "cache", library)
    with pytest.raises(CompilerMissing, match=rf"not for {other}, .*pip install 'click-up\[zig\]'"):
        builder.for_platform(other)
    assert not (tmp_path / "cache").exists()
