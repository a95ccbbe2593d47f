"""A small library, a real compiler."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.build import Builder, Compiler, find_compiler, service_context
from reconciler.build.background import NICENESS
from reconciler.build.tidying import UNUSED_SECONDS
from reconciler.build.units import driver_units
from reconciler.errors import BuildFailed, CompilerMissing
from reconciler.library import Library
from tests.reconciler.build.small_library import small_library


def output_of(program: Path) -> list[str]:
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return small_library(tmp_path / "library")


@pytest.fixture
def builder(tmp_path: Path, library: Library) -> Builder:
    return Builder(tmp_path / "cache", library, jobs=1)


def test_context_is_closed_to_a_fixpoint(library: Library) -> None:
    context = service_context(["A"], library)
    assert (context.classes, context.supports) == (("A", "B"), ("words",))


def test_missing_class_is_explained_by_the_chain_that_needs_it(library: Library) -> None:
    with pytest.raises(BuildFailed, match=r"no element class Missing .*: C requires Missing"):
        service_context(["B", "C"], library)


async def test_builds_a_static_driver_with_the_closure_and_nothing_else(builder: Builder) -> None:
    assert builder.missing(["A"]) == ("A", "B")
    seen: list[str] = []
    artifact = await builder.build(["A"], lambda done, total, what: seen.append(what))
    assert output_of(artifact.driver) == ["A", "B"]
    assert artifact.classes_compiled == ("A", "B")
    assert artifact.digest == builder.artifact_digest(["A"])
    assert seen[-1] == "driver"


async def test_objects_are_shared_between_pipelines(builder: Builder) -> None:
    await builder.build(["B"])
    assert builder.missing(["A"]) == ("A",)
    seen: list[str] = []
    await builder.build(["A"], lambda done, total, what: seen.append(what))
    assert seen == ["A", "support/words/words.cc", "driver"]
    again = await builder.build(["A"], lambda *_: pytest.fail("nothing to build"))
    assert again.classes_compiled == ()


async def test_content_decides_what_is_compiled_again(builder: Builder, library: Library) -> None:
    first = await builder.build(["A"])
    header = library.root / "support/words/words.hh"
    header.touch()
    assert builder.missing(["A"]) == ()
    header.write_text(header.read_text() + "// changed\n")
    assert builder.missing(["A"]) == ("A",)
    second = await builder.build(["A"])
    assert second.digest != first.digest
    assert first.driver.exists()


async def test_compile_errors_are_told_in_the_compilers_first_words(
    builder: Builder, library: Library
) -> None:
    (library.root / "elements/B/B.hh").write_text("#pragma once\nnamespace clickup { struct B }\n")
    with pytest.raises(BuildFailed) as failed:
        await builder.build(["B"])
    assert str(failed.value).startswith("the compiler refused B:\n")
    assert "B.hh:2" in str(failed.value)


async def test_source_that_does_not_exist_is_named(builder: Builder, library: Library) -> None:
    (library.root / "support/words/words.cc").unlink()
    with pytest.raises(BuildFailed, match=r"support/words/words\.cc is not in"):
        await builder.build(["A"])


async def test_two_builders_share_a_cache(tmp_path: Path, library: Library) -> None:
    builders = [Builder(tmp_path / "cache", library, jobs=1) for _ in range(2)]
    artifacts = await asyncio.gather(*(builder.build(["A"]) for builder in builders))
    assert len({artifact.driver for artifact in artifacts}) == 1
    assert sorted(artifact.classes_compiled for artifact in artifacts) == [(), ("A", "B")]


async def test_cancelled_build_leaves_no_half_object_and_no_lock(builder: Builder) -> None:
    task = asyncio.create_task(builder.build(["A"]))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait({task})
    artifact = await asyncio.wait_for(builder.build(["A"]), 30)
    assert output_of(artifact.driver) == ["A", "B"]


async def test_supervisor_has_no_elements(builder: Builder) -> None:
    seen: list[str] = []
    await builder.supervisor(lambda done, total, what: seen.append(what))
    assert seen == ["parts/supervisor-1.cc", "parts/shared-1.cc", "supervisor"]


def leave_for_a_month(cache: Path) -> None:
    for path in cache.rglob("*"):
        os.utime(path, (time.time() - 1.01 * UNUSED_SECONDS,) * 2)


async def test_what_nobody_asks_for_leaves_the_cache(tmp_path: Path, builder: Builder) -> None:
    cache = tmp_path / "cache"
    supervisor = await builder.supervisor()
    unused = await builder.build(["A"])
    headers = cache / "generated" / "0123456789abcdef"
    headers.mkdir()
    leave_for_a_month(cache)
    made = await builder.build(["B"])
    assert not unused.driver.parent.exists() and supervisor.exists()
    assert builder.missing(["A"]) == ("A",) and builder.missing(["B"]) == ()
    assert not headers.exists() and builder.generated(["B"]).exists()
    assert (await builder.supervisor(lambda *_: pytest.fail("it is built"))) == supervisor
    assert output_of(made.driver) == ["B"]


async def test_what_a_plan_asks_for_stays_in_the_cache(tmp_path: Path, builder: Builder) -> None:
    used = await builder.build(["A"])
    leave_for_a_month(tmp_path / "cache")
    builder.artifact_digest(["A"])
    await builder.build(["B"])
    assert used.driver.exists() and builder.missing(["A"]) == ()


async def test_compilers_run_in_the_background(tmp_path: Path, library: Library) -> None:
    found = find_compiler()
    seen, wrapper = tmp_path / "seen", tmp_path / "compiler"
    wrapper.write_text(
        f'#!/bin/sh\nread -r stat </proc/$$/stat; echo "$stat" >>{seen}\n'
        f'exec {shlex.join(found.command)} "$@"\n'
    )
    wrapper.chmod(0o755)
    await Builder(tmp_path / "cache", library, replace(found, command=(str(wrapper),))).build(["B"])
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    fields = [line.rpartition(")")[2].split() for line in seen.read_text().splitlines()]
    assert {int(field[16]) for field in fields} == {min(ours + NICENESS, 19)}
    assert {int(field[38]) for field in fields} == {os.SCHED_BATCH}


def test_compiler_is_part_of_every_address(library: Library) -> None:
    context = service_context(["B"], library)
    keys = [
        {unit.key for unit in driver_units(context, library, Compiler(("c++",), text, True))}
        for text in ("gcc 12", "gcc 13")
    ]
    assert not keys[0] & keys[1]


def test_without_libc_archive_only_the_runtime_is_static() -> None:
    flags = Compiler(("c++",), "x", static_libc=False).link_flags
    assert "-static" not in flags
    assert "-static-libstdc++" in flags


def test_absent_compiler_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CompilerMissing, match="apt install g\\+\\+"):
        find_compiler()
