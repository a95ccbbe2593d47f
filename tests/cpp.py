"""Drivers and C++ test programs: what each is made of.

`python -m tests.cpp` compiles what most of them share, on all processors, before tests that wait
for it run side by side.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.objects import (
    CACHE,
    LIBRARY,
    compile_flags,
    compiled,
    compiler,
    digest_of,
    generated_folder,
    replace_file,
    run_compiler,
)

CLASSES_A_UNIT = 16
SOURCES_A_UNIT = 9
PROGRAMS_OWN = ("main.cc", "worker.cc")
"""Of the driver: a test program has a main() of its own."""


def compile_driver(
    out: Path,
    classes: Iterable[str],
    sanitize: str | None = None,
    sources: Iterable[Path] = (),
    library: Path = LIBRARY,
    protocol: int | None = None,
) -> Path:
    """Link a driver of these element classes of `library` and what they require, and of private
    `sources`; the runtime is always today's, but may speak a `protocol` of another version.

    Returns `out`. Raises CompilationFailed.
    """
    speaking = [*_programs_own("driver"), *_together("shared")]
    elements = _class_sources(classes, library, sanitize)
    return _link(out, [*sources, *elements, *_runtime()], sanitize, speaking, protocol)


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


def compile_supervisor(out: Path, sanitize: str | None = None, protocol: int | None = None) -> Path:
    """Link the supervisor, or one that speaks a `protocol` of another version. Returns `out`.
    Raises CompilationFailed.
    """
    return _link(out, [], sanitize, [*_together("supervisor"), *_together("shared")], protocol)


def compile_shared() -> None:
    """Objects of the driver, the supervisor and all element classes. Raises CompilationFailed."""
    classes = [path.name for path in (LIBRARY / "elements").iterdir()]
    driver = [*_runtime(), *_programs_own("driver")]
    sources = [*_class_sources(classes, LIBRARY, None), *driver]
    sources += [*_together("shared"), *_together("supervisor")]
    print(f"compiling {len(sources)} sources that most tests share", flush=True)
    compiled(sources, compile_flags(None))


def generate_layouts() -> None:
    """Write the layout headers of all element classes."""
    names = [path.name for path in (LIBRARY / "elements").iterdir()]
    _class_sources(names, LIBRARY, None)


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
    from reconciler.layouts.migration_unit import migration_unit
    from reconciler.library import load_library
    from tests.libraries import todays_library

    elements = (todays_library() if library == LIBRARY else load_library(library)).elements
    for name in states:
        _generated(library, f"layouts/{name}.layout.hh", layout_header(elements[name]))
        _generated(library, f"migrations/{name}.cc", migration_unit(elements[name]))
    return [_unit(library, "migrations", [f'#include "migrations/{name}.cc"\n' for name in states])]


def _unit(library: Path, kind: str, parts: list[str]) -> Path:
    return _generated(library, f"{kind}-{digest_of(parts)}.cc", "".join(parts))


def _generated(library: Path, name: str, text: str) -> Path:
    path = generated_folder(library) / name
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())
    return path


def _link(
    out: Path,
    sources: list[Path],
    sanitize: str | None,
    speaking: Sequence[Path] = (),
    protocol: int | None = None,
) -> Path:
    flags = compile_flags(sanitize)
    version = [] if protocol is None else [f"-DCLICKUP_PROTOCOL={protocol}"]
    objects = [*compiled(sources, flags), *compiled(list(speaking), [*flags, *version])]
    name = digest_of([str(path) for path in objects])
    program = CACHE / "programs" / name
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_suffix(f".{os.getpid()}")
        run_compiler([*compiler(), *flags, *map(str, objects), "-pthread", "-o", str(unfinished)])
        unfinished.replace(program)
    out.unlink(missing_ok=True)
    shutil.copy2(program, out)
    return out


if __name__ == "__main__":
    compile_shared()
