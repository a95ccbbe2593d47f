"""Compiles drivers and C++ test programs, one object a source, keyed by content and kept.

Unoptimised, because compiling is what the time goes into. CLICKUP_SANITIZE=address,undefined
selects sanitizers for every program of a run. `python -m tests.cpp` compiles what most programs
share, on all processors, before tests that wait for it run side by side.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import get_ident
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "element_library"
CACHE = ROOT / "build" / "tests"
CLASSES_A_UNIT = 16
SOURCES_A_UNIT = 9
PROGRAMS_OWN = ("main.cc", "worker.cc")
"""Of the driver: a test program has a main() of its own."""
FLAGS = ("-std=c++20", "-Wall", "-Wextra", "-Werror")


class CompilationFailed(AssertionError):
    """The compiler or linker refused; the text is its output."""


def compile_driver(
    out: Path,
    classes: Iterable[str],
    sanitize: str | None = None,
    sources: Iterable[Path] = (),
    library: Path = LIBRARY,
) -> Path:
    """Link a driver of these element classes of `library` and what they require, and of private
    `sources`; the runtime is always today's.

    Returns `out`. Raises CompilationFailed.
    """
    runtime = [*_runtime(), *_programs_own("driver"), *_together("shared")]
    elements = _class_sources(classes, library, sanitize)
    return _link(out, [*sources, *elements, *runtime], sanitize)


def compile_program(
    out: Path,
    sources: Iterable[Path],
    classes: Iterable[str] = (),
    sanitize: str | None = None,
    library: Path = LIBRARY,
) -> Path:
    """Link a program whose main() is in `sources` with the worker runtime and element classes of
    `library`.

    Returns `out`. Raises CompilationFailed.
    """
    elements = _class_sources(classes, library, sanitize)
    return _link(out, [*sources, *elements, *_runtime(), *_together("shared")], sanitize)


def compile_supervisor(out: Path, sanitize: str | None = None) -> Path:
    """Link the supervisor. Returns `out`. Raises CompilationFailed."""
    return _link(out, [*_together("supervisor"), *_together("shared")], sanitize)


def compile_shared() -> None:
    """Objects of the driver, the supervisor and all element classes. Raises CompilationFailed."""
    classes = [path.name for path in (LIBRARY / "elements").iterdir()]
    driver = [*_runtime(), *_programs_own("driver")]
    sources = [*_class_sources(classes, LIBRARY, None), *driver]
    sources += [*_together("shared"), *_together("supervisor")]
    print(f"compiling {len(sources)} sources that most tests share", flush=True)
    _objects(sources, _flags(None))


@cache
def compiler() -> tuple[str, ...]:
    """The command of the C++ compiler: $CXX, the system's, or the one of the package ziglang."""
    named = os.environ.get("CXX")
    if named:
        return tuple(named.split())
    for name in ("c++", "g++", "clang++"):
        if path := shutil.which(name):
            return (path,)
    if importlib.util.find_spec("ziglang"):
        return (sys.executable, "-m", "ziglang", "c++")
    raise CompilationFailed("no C++ compiler: install g++ or clang++, or `pip install ziglang`")


def _runtime() -> list[Path]:
    """Of the driver, what every program with elements has."""
    return _together("driver", but=PROGRAMS_OWN)


def _programs_own(folder: str) -> list[Path]:
    return [LIBRARY / folder / name for name in PROGRAMS_OWN]


def _together(folder: str, but: Sequence[str] = ()) -> list[Path]:
    """Units that include some sources of the folder each: they share what they include."""
    names = sorted(path.name for path in (LIBRARY / folder).glob("*.cc") if path.name not in but)
    count = -(-len(names) // SOURCES_A_UNIT)
    return [
        _unit(LIBRARY, folder, [f'#include "{folder}/{name}"\n' for name in names[first::count]])
        for first in range(count)
    ]


def generate_header(name: str, text: str) -> None:
    """Let sources include `name` with this text."""
    _generated(LIBRARY, name, text)


def _class_sources(classes: Iterable[str], library: Path, sanitize: str | None) -> list[Path]:
    """Sources of the classes and of what they require.

    Of today's library all classes, many a unit: every program of a run shares the objects, and two
    types of one name are found. A copy of the library and a fuzzer get what they need.
    """
    wanted = set(classes)
    if wanted and library == LIBRARY and "fuzzer" not in (sanitize or ""):
        wanted |= {path.name for path in (LIBRARY / "elements").iterdir()}
    needed = _closed(wanted, library)
    folders = {name: manifest for name, manifest in needed.items() if name.startswith("support/")}
    units = [library / name / file for name in folders for file in folders[name].get("sources", [])]
    names = sorted(needed.keys() - folders.keys())
    groups = [
        names[first : first + CLASSES_A_UNIT] for first in range(0, len(names), CLASSES_A_UNIT)
    ]
    units += [_unit(library, "classes", [_registered(name) for name in group]) for group in groups]
    states = [name for name in names if needed[name].get("states")]
    return [*units, *_migrations(states, library)]


def _closed(classes: Iterable[str], library: Path) -> dict[str, dict[str, Any]]:
    """Manifests of the classes and supports, closed over `requires`, by name."""
    found: dict[str, dict[str, Any]] = {}
    waiting = sorted(classes)
    while waiting:
        name = waiting.pop()
        if name not in found:
            folder = library / (name if name.startswith("support/") else f"elements/{name}")
            found[name] = _parsed((folder / "manifest.yaml").read_text())
            waiting += found[name].get("requires", [])
    return found


@cache
def _parsed(manifest: str) -> Any:
    return YAML(typ="safe").load(manifest)


def _registered(name: str) -> str:
    include = f'#include "elements/{name}/{name}.hh"'
    return f"{include}\nnamespace clickup {{\nCLICKUP_ELEMENT({name});\n}}\n"


def _migrations(states: list[str], library: Path) -> list[Path]:
    if not states:
        return []
    # Not needed by tests of stateless elements, which shall not depend on the reconciler.
    from reconciler.layouts import layout_header
    from reconciler.library import load_library
    from reconciler.migration_unit import migration_unit
    from tests.libraries import todays_library

    elements = (todays_library() if library == LIBRARY else load_library(library)).elements
    for name in states:
        _generated(library, f"layouts/{name}.layout.hh", layout_header(elements[name]))
        _generated(library, f"migrations/{name}.cc", migration_unit(elements[name]))
    return [_unit(library, "migrations", [f'#include "migrations/{name}.cc"\n' for name in states])]


def _unit(library: Path, kind: str, parts: list[str]) -> Path:
    return _generated(library, f"{kind}-{_digest(parts)}.cc", "".join(parts))


def _generated(library: Path, name: str, text: str) -> Path:
    path = _generated_folder(library) / name
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text.encode())
    return path


def _generated_folder(library: Path) -> Path:
    return CACHE / "generated" if library == LIBRARY else library / "generated"


def _library_of(source: Path) -> Path:
    """The library that a source includes headers of: the copy that it lies in, or today's."""
    copies = [folder for folder in source.parents if (folder / "packet_types.yaml").exists()]
    return copies[0] if copies else LIBRARY


def _link(out: Path, sources: list[Path], sanitize: str | None) -> Path:
    flags = _flags(sanitize)
    objects = _objects(sources, flags)
    name = _digest([str(path) for path in objects])
    program = CACHE / "programs" / name
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_suffix(f".{os.getpid()}")
        _run([*compiler(), *flags, *map(str, objects), "-pthread", "-o", str(unfinished)])
        unfinished.replace(program)
    out.unlink(missing_ok=True)
    shutil.copy2(program, out)
    return out


def _flags(sanitize: str | None) -> list[str]:
    sanitize = sanitize or os.environ.get("CLICKUP_SANITIZE") or None
    if not sanitize:
        return ["-O0"]
    if "ziglang" in compiler():
        sanitize = "undefined"  # the only one it ships
    # A fuzzer runs each program for minutes: there compiling is not what the time goes into.
    level = "-O1" if "fuzzer" in sanitize else "-O0"
    return [level, "-g1", f"-fsanitize={sanitize}", "-fno-sanitize-recover=all"]


def _objects(sources: list[Path], flags: list[str]) -> list[Path]:
    with ThreadPoolExecutor(os.cpu_count()) as compilers:
        return list(compilers.map(lambda source: _object(source, flags), sources))


def _object(source: Path, flags: list[str]) -> Path:
    """The object of `source`: compiled only when it, a header it includes or the flags are new."""
    base = CACHE / "objects" / _digest([str(source), *compiler(), *FLAGS, *flags])
    base.parent.mkdir(parents=True, exist_ok=True)
    with base.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _compiled_before(base) or _compile(source, flags, base)


def _compiled_before(base: Path) -> Path | None:
    index = base.with_suffix(".json")
    if not index.exists():
        return None
    known = base.with_suffix(f".{_contents(json.loads(index.read_text()))}.o")
    return known if known.exists() else None


def _compile(source: Path, flags: list[str], base: Path) -> Path:
    unfinished = base.with_suffix(f".{_unique()}.o")
    listing = base.with_suffix(f".{_unique()}.d")
    library = _library_of(source)
    folders = (library, _generated_folder(library), ROOT / "tests")
    include = [word for folder in folders for word in ("-I", str(folder))]
    _run([
        "nice", *compiler(), *FLAGS, *flags, *include, "-MMD", "-MF", str(listing),
        "-c", str(source), "-o", str(unfinished),
    ])  # fmt: skip
    included = listing.read_text().replace("\\\n", " ").split(":", 1)[1].split()
    listing.unlink()
    _replace(base.with_suffix(".json"), json.dumps(included).encode())
    finished = base.with_suffix(f".{_contents(included)}.o")
    unfinished.replace(finished)
    return finished


def _unique() -> str:
    """Several processes and threads may write the same file at once."""
    return f"{os.getpid()}-{get_ident()}"


def _contents(paths: list[str]) -> str:
    if not all(Path(path).exists() for path in paths):
        return "missing"
    return _digest([Path(path).read_text() for path in paths])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def _replace(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f"{path.name}.{_unique()}")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CompilationFailed(f"{' '.join(command)}\n{done.stderr}")


if __name__ == "__main__":
    compile_shared()
