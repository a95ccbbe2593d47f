"""The precompiled header never affects what is built, and is never needed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.build import Builder, Compiler, find_compiler
from reconciler.build.compiler import GCC
from reconciler.build.precompiled import PAYS_FROM, StandardHeaders, standard_headers
from reconciler.library import Library
from schemas.element import ElementManifest

HEADERS = "standard headers"
CLASS = """#pragma once
#include "driver/element.hh"
#include <algorithm>
#include <map>
namespace clickup {
struct %(name)s {
  static std::string sorted(std::map<std::string, std::vector<int>>& all) {
    std::string text;
    for (auto& [name, numbers] : all) {
      std::ranges::sort(numbers);
      for (int number : numbers) text += name + std::to_string(number);
    }
    return text;
  }
};
}
"""
FILES = {
    "driver/element.hh": """#pragma once
#include <functional>
#include <string>
#include <vector>
#define CLICKUP_ELEMENT(Class, ...) const auto at_##Class = &::clickup::Class::sorted
""",
    "driver/main.cc": "int main() { return 0; }\n",
    "shared/none.cc": "namespace clickup { int none() { return 0; } }\n",
    "supervisor/main.cc": "int main() { return 0; }\n",
}
NAMES = [f"C{number}" for number in range(PAYS_FROM + 1)]


@pytest.fixture(scope="module")
def compiler() -> Compiler:
    return find_compiler()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return write_library(tmp_path / "library")


def write_library(root: Path) -> Library:
    classes = {f"elements/{name}/{name}.hh": CLASS % {"name": name} for name in NAMES}
    for path, text in {**FILES, **classes}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Library({}, {name: element(name) for name in NAMES}, {}, root)


def element(name: str) -> ElementManifest:
    return ElementManifest.model_validate(
        {
            "class": name,
            "summary": "Nothing.",
            "ports": {"inputs": "1", "outputs": "1"},
            "processing": "a/a",
            "click": False,
        }
    )


def objects(cache: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in cache.glob("objects/*/*")}


def headers_of(cache: Path, compiler: Compiler) -> StandardHeaders:
    return standard_headers(cache.absolute(), compiler)


async def test_objects_are_the_same_with_and_without(
    tmp_path: Path, library: Library, compiler: Compiler
) -> None:
    seen: list[str] = []
    with_it, without = tmp_path / "with", tmp_path / "without"
    builder = Builder(with_it, library, compiler, jobs=2)
    made = await builder.build(NAMES, lambda done, total, what: seen.append(what))
    plain = Builder(without, library, replace(compiler, precompiling=None), jobs=2)
    other = await plain.build(NAMES, lambda done, total, what: None)
    assert HEADERS in seen
    assert made.digest == other.digest
    assert objects(with_it) == objects(without)
    assert len(objects(with_it)) == len(NAMES) + 2
    assert not list(without.glob("precompiled/*/*.hh.*"))


async def test_one_class_does_not_wait_for_it_but_takes_it_when_it_is_there(
    tmp_path: Path, library: Library, compiler: Compiler
) -> None:
    cache = tmp_path / "cache"
    headers = headers_of(cache, compiler)
    assert headers.compiled is not None
    builder = Builder(cache, library, compiler, jobs=1)
    seen: list[str] = []
    await builder.build(NAMES[:1], lambda done, total, what: seen.append(what))
    assert HEADERS not in seen and not headers.compiled.exists()
    await builder.build(NAMES, lambda done, total, what: seen.append(what))
    assert seen.count(HEADERS) == 1
    changed = library.root / "elements/C1/C1.hh"
    changed.write_text(changed.read_text() + "// changed\n")
    if compiler.precompiling == GCC:
        headers.text.write_text("#error the text was read\n")
    await builder.build(NAMES, lambda done, total, what: seen.append(what))
    assert seen.count(HEADERS) == 1


async def test_one_that_the_compiler_refuses_is_made_again(
    tmp_path: Path, library: Library, compiler: Compiler
) -> None:
    cache = tmp_path / "cache"
    headers = headers_of(cache, compiler)
    assert headers.compiled is not None
    headers.prepare(compiler, PAYS_FROM)
    headers.compiled.write_bytes(b"another compiler's")
    seen: list[str] = []
    builder = Builder(cache, library, compiler, jobs=1)
    await builder.build(NAMES, lambda done, total, what: seen.append(what))
    assert seen[0] == HEADERS
    headers.prepare(compiler, PAYS_FROM)
    assert headers.compiled.exists()


def test_every_compiler_has_its_own(tmp_path: Path, compiler: Compiler) -> None:
    newer = replace(compiler, identity=f"{compiler.identity} newer")
    assert headers_of(tmp_path, newer).text != headers_of(tmp_path, compiler).text


def kill_while_it_makes(header: Path, command: tuple[str, ...]) -> None:
    with subprocess.Popen(command, start_new_session=True) as builds:
        while not list(header.parent.glob(f"{header.name}.*")):
            assert builds.poll() is None
            time.sleep(0.01)
        os.killpg(builds.pid, signal.SIGKILL)


async def test_killed_build_leaves_nothing_half(
    tmp_path: Path, library: Library, compiler: Compiler
) -> None:
    cache = tmp_path / "cache"
    headers = headers_of(cache, compiler)
    program = (
        "import asyncio, sys; from pathlib import Path; from reconciler.build import Builder;"
        "from tests.reconciler.build.test_precompiled import NAMES, write_library;"
        "library = write_library(Path(sys.argv[1]));"
        "asyncio.run(Builder(Path(sys.argv[2]), library, jobs=2).build(NAMES))"
    )
    command = (sys.executable, "-c", program, str(library.root), str(cache))
    await asyncio.to_thread(kill_while_it_makes, headers.text, command)
    assert headers.compiled is not None and not headers.compiled.exists()
    again = await Builder(cache, library, compiler, jobs=2).build(NAMES)
    assert headers.compiled.exists() and again.driver.exists()
