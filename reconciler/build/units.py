"""Translation units and their content addresses: pure but for reading the library's sources.

The address of an object covers compiler, flags, source, the standard headers that every unit
includes, and every header of ours that it can reach; the content of standard headers is covered by
the compiler's identity.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.build.compiler import COMPILE_FLAGS, Compiler
from reconciler.build.context import ServiceContext
from reconciler.build.digests import digest_of
from reconciler.build.parts import DRIVER, SUPERVISOR, parts
from reconciler.build.precompiled import TEXT
from reconciler.errors import BuildFailed
from reconciler.layouts import layout_header
from reconciler.layouts.migration_unit import migration_unit
from reconciler.library import Library
from schemas.element import ElementManifest

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    """What is compiled to one object: `label` for people, `source` a path below the library or the
    generated folder.
    """

    label: str
    source: str
    key: str
    element_class: str | None = None
    generated: bool = False


def generated_files(context: ServiceContext, library: Library) -> dict[str, str]:
    """Return the generated sources of a driver by path: a unit for each element class; a layout
    header and a unit with migrations for each state class; parts.
    """
    files = {f"classes/{name}.cc": class_source(library.elements[name]) for name in context.classes}
    files |= parts(library.root, DRIVER)
    for name in _state_classes(context, library):
        files[f"layouts/{name}.layout.hh"] = layout_header(library.elements[name])
        files[_migrations(name)] = migration_unit(library.elements[name])
    return files


def _state_classes(context: ServiceContext, library: Library) -> list[str]:
    return [name for name in context.classes if library.elements[name].states]


def _migrations(name: str) -> str:
    return f"migrations/{name}.cc"


def class_source(manifest: ElementManifest) -> str:
    """Return the unit of one element class: its header, and the line that registers it."""
    name = manifest.class_name
    return (
        f'#include "elements/{name}/{name}.hh"\n\n'
        f"namespace clickup {{\n{registration(manifest)}\n}}\n"
    )


def registration(manifest: ElementManifest) -> str:
    """Return the line of C++ that registers the class and its ports with a driver."""
    ports = f"{manifest.ports.inputs}/{manifest.ports.outputs}"
    facts = ", ".join(f'"{fact}"' for fact in (ports, manifest.processing, manifest.flow))
    if manifest.left_out:
        lines = "".join(f"{one.name}: {one.summary}\n" for one in manifest.left_out)
        facts += f", {json.dumps(lines)}"
    return f"CLICKUP_ELEMENT({manifest.class_name}, {facts});"


def driver_units(context: ServiceContext, library: Library, compiler: Compiler) -> tuple[Unit, ...]:
    """Return every unit of the driver for `context`, in link order. Raises BuildFailed for a source
    that does not exist.
    """
    generated = generated_files(context, library)
    supports = [
        f"support/{name}/{source}"
        for name in context.supports
        for source in library.supports[name].sources
    ]
    address = _Addresses(library.root, generated, compiler)
    classes = [
        Unit(name, source, address.of(source), element_class=name, generated=True)
        for name in context.classes
        for source in [f"classes/{name}.cc"]
    ]
    migrations = [
        Unit(source, source, address.of(source), generated=True)
        for source in map(_migrations, _state_classes(context, library))
    ]
    return (
        # The longest first, so that no processor has to wait for them at the end.
        *_part_units(parts(library.root, DRIVER), address),
        *migrations,
        *classes,
        *(Unit(path, path, address.of(path)) for path in supports),
    )


def supervisor_units(library: Library, compiler: Compiler) -> tuple[Unit, ...]:
    """Return every unit of the supervisor, which has no parser and no elements."""
    generated = supervisor_files(library)
    return _part_units(generated, _Addresses(library.root, generated, compiler))


def supervisor_files(library: Library) -> dict[str, str]:
    """Return the generated sources of the supervisor by path."""
    return parts(library.root, SUPERVISOR)


def _part_units(sources: Iterable[str], address: _Addresses) -> tuple[Unit, ...]:
    return tuple(Unit(path, path, address.of(path), generated=True) for path in sources)


def fingerprint(root: Path) -> int:
    """Return a number that changes when any file below `root` does: by name, size and time of
    modification.
    """
    seen = []
    for folder, _, names in os.walk(root, followlinks=True):
        for name in names:
            status = os.stat(os.path.join(folder, name))
            seen.append((folder, name, status.st_size, status.st_mtime_ns))
    return hash(tuple(sorted(seen)))


def reached_by(source: str, root: Path, generated: Mapping[str, str]) -> frozenset[str]:
    """Return the paths of all our files that compiling `source` may read, itself included."""
    return _Sources(root, generated).reached_by(source)


class _Sources:
    """Texts of the library's and the generated files; each is read once."""

    def __init__(self, root: Path, generated: Mapping[str, str]) -> None:
        self._root = root
        self._generated = generated
        self._texts: dict[str, str | None] = {}

    def text(self, path: str) -> str | None:
        if path in self._generated:
            return self._generated[path]
        if path not in self._texts:
            file = self._root / path
            self._texts[path] = file.read_text() if file.is_file() else None
        return self._texts[path]

    def reached_by(self, source: str) -> frozenset[str]:
        seen: set[str] = set()
        waiting = [source]
        while waiting:
            path = waiting.pop()
            text = None if path in seen else self.text(path)
            if text is None:
                continue
            seen.add(path)
            folder = path.rsplit("/", 1)[0]
            for name in INCLUDE.findall(text):
                # As the compiler looks: beside the including file, then in the include folders.
                beside = f"{folder}/{name}"
                waiting.append(name if self.text(beside) is None else beside)
        return frozenset(seen)


class _Addresses:
    """Content addresses of units."""

    def __init__(self, root: Path, generated: Mapping[str, str], compiler: Compiler) -> None:
        self._root = root
        self._sources = _Sources(root, generated)
        self._salt = (compiler.identity, *COMPILE_FLAGS, TEXT)

    def of(self, source: str) -> str:
        if self._sources.text(source) is None:
            raise BuildFailed(
                f"source {source} is not in the element library at {self._root}; correct `sources`"
                " in the manifest that names it"
            )
        reached = sorted(self._sources.reached_by(source))
        parts = [part for path in reached for part in (path, self._sources.text(path) or "")]
        return digest_of((*self._salt, source, *parts))
