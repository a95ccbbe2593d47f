"""Units of C++ that drivers and test programs consist of: several sources each, since they share
headers; and generated sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from reconciler.build.units import class_source
from reconciler.layouts import layout_header
from reconciler.layouts.migration_unit import migration_unit
from reconciler.library import load_library
from schemas.element import ElementManifest
from tests.libraries import todays_library
from tests.objects import LIBRARY, digest_of, generated_folder, replace_file

CLASSES_A_UNIT = 16
SOURCES_A_UNIT = 9
PROGRAMS_OWN = ("main.cc", "worker.cc")
"""Sources of a program with its main(): a test program has its own."""


def runtime() -> list[Path]:
    """Return the driver's units that every program with elements needs."""
    return together("driver", but=PROGRAMS_OWN)


def programs_own(folder: str) -> list[Path]:
    return [LIBRARY / folder / name for name in PROGRAMS_OWN]


def together(folder: str, but: Sequence[str] = ()) -> list[Path]:
    """Return units that each include some sources of the folder, and so share their headers."""
    paths = (LIBRARY / folder).glob("*.cc")
    names = [f"{folder}/{path.name}" for path in paths if path.name not in but]
    return _included(LIBRARY, folder, names)


def _included(library: Path, kind: str, names: list[str]) -> list[Path]:
    names = sorted(names)
    count = -(-len(names) // SOURCES_A_UNIT)
    return [
        _unit(library, kind, [f'#include "{name}"\n' for name in names[first::count]])
        for first in range(count)
    ]


def generate_source(name: str, text: str) -> Path:
    """Write a generated file that sources can include as `name`; return its path."""
    return _generated(LIBRARY, name, text)


def layout_headers(manifests: Iterable[ElementManifest]) -> dict[str, str]:
    """Return the layout headers of the classes, by the names that sources include."""
    return {f"layouts/{one.class_name}.layout.hh": layout_header(one) for one in manifests}


def class_sources(classes: Iterable[str], library: Path, sanitize: str | None) -> list[Path]:
    """Return sources of the classes and of what they require.

    Of today's library, they are all classes, many per unit, so that all programs of a run share the
    objects and duplicate type names are found. A copy of the library or a fuzzer gets only its own.
    """
    wanted = set(classes)
    if wanted and library == LIBRARY and "fuzzer" not in (sanitize or ""):
        wanted |= {path.name for path in (LIBRARY / "elements").iterdir()}
    needed = _closed(wanted, library)
    folders = {name: manifest for name, manifest in needed.items() if name.startswith("support/")}
    support = [f"{name}/{file}" for name in folders for file in folders[name].get("sources", [])]
    units = _included(library, "support", support)
    names = sorted(needed.keys() - folders.keys())
    groups = [
        names[first : first + CLASSES_A_UNIT] for first in range(0, len(names), CLASSES_A_UNIT)
    ]
    manifests = {name: ElementManifest.model_validate(needed[name]) for name in names}
    for group in groups:
        units.append(_unit(library, "classes", [class_source(manifests[name]) for name in group]))
    states = [name for name in names if needed[name].get("states")]
    return [*units, *_migrations(states, library)]


def _closed(classes: Iterable[str], library: Path) -> dict[str, dict[str, Any]]:
    """Return the manifests of the classes and supports, closed over `requires`, by name."""
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


def _migrations(states: list[str], library: Path) -> list[Path]:
    if not states:
        return []
    elements = (todays_library() if library == LIBRARY else load_library(library)).elements
    for name, text in layout_headers(elements[name] for name in states).items():
        _generated(library, name, text)
    for name in states:
        _generated(library, f"migrations/{name}.cc", migration_unit(elements[name]))
    return [_unit(library, "migrations", [f'#include "migrations/{name}.cc"\n' for name in states])]


def _unit(library: Path, kind: str, parts: list[str]) -> Path:
    return _generated(library, f"{kind}-{digest_of(parts)}.cc", "".join(parts))


def _generated(library: Path, name: str, text: str) -> Path:
    return write_once(generated_folder(library) / name, text)


def write_once(path: Path, text: str) -> Path:
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())
    return path
