"""The element library: reads atoms, element classes and shared sources, and checks them once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

import element_library
from reconciler.diagnostics import Diagnostic, did_you_mean, ordered
from reconciler.layouts.rules import layout_mistakes
from reconciler.yaml.documents import Document, read_documents
from reconciler.yaml.model_fit import parse_model
from schemas.atom import AtomManifest, PacketTypes
from schemas.element import ElementManifest, SupportManifest

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Library:
    """Atoms, element classes and supports, by name; `root` is the folder of the sources."""

    atoms: Mapping[str, AtomManifest]
    elements: Mapping[str, ElementManifest]
    supports: Mapping[str, SupportManifest]
    root: Path
    packet_types: PacketTypes = field(default_factory=lambda: PacketTypes(types={}))

    @property
    def states(self) -> dict[str, ElementManifest]:
        """Element classes that own state tables."""
        return {name: element for name, element in self.elements.items() if element.states}


class LibraryError(Exception):
    """The library itself is broken; `.diagnostics` says where."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("\n".join(str(diagnostic) for diagnostic in diagnostics))
        self.diagnostics = diagnostics


def load_library(root: Path | None = None) -> Library:
    """Read the library at `root`, by default the installed one. Raises LibraryError."""
    reading = _Reading(root or Path(element_library.__file__).parent)
    library = Library(
        atoms=reading.all(AtomManifest, "atoms/*.yaml"),
        elements=reading.all(ElementManifest, "elements/*/manifest.yaml"),
        supports=reading.all(SupportManifest, "support/*/manifest.yaml"),
        root=reading.root,
        packet_types=reading.one(PacketTypes, "packet_types.yaml"),
    )
    reading.check_references(library)
    reading.check_layouts(library)
    if reading.diagnostics:
        raise LibraryError(ordered(reading.diagnostics))
    return library


class _Reading:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.diagnostics: list[Diagnostic] = []
        self.documents: dict[str, Document] = {}

    def all(self, model: type[M], pattern: str) -> dict[str, M]:
        found = {}
        for path in sorted(self.root.glob(pattern)):
            manifest = self._read(model, path)
            if manifest is not None:
                name = str(next(iter(manifest.model_dump().values())))
                found[name] = manifest
                self._check_name(path, name)
        return found

    def one(self, model: type[PacketTypes], name: str) -> PacketTypes:
        path = self.root / name
        manifest = self._read(model, path) if path.exists() else None
        return manifest or PacketTypes(types={})

    def _read(self, model: type[M], path: Path) -> M | None:
        file = path.relative_to(self.root).as_posix()
        documents, diagnostics = read_documents(file, path.read_text(encoding="utf-8"))
        self.diagnostics.extend(diagnostics)
        if len(documents) != 1:
            if not diagnostics:
                detail = f"{len(documents)} documents"
                self.diagnostics.append(Diagnostic(file, 1, 1, "Not one document", detail))
            return None
        self.documents[file] = documents[0]
        manifest, diagnostics = parse_model(model, documents[0])
        self.diagnostics.extend(diagnostics)
        return manifest

    def _check_name(self, path: Path, name: str) -> None:
        expected = path.parent.name if path.name == "manifest.yaml" else path.stem
        if name != expected:
            file = path.relative_to(self.root).as_posix()
            detail = f"it is called {name}, its path says {expected}"
            self.diagnostics.append(Diagnostic(file, 1, 1, "Manifest in the wrong place", detail))

    def check_references(self, library: Library) -> None:
        # A class whose manifest is broken has been reported as such; it is not also unknown.
        classes = {path.parent.name for path in self.root.glob("elements/*/manifest.yaml")}
        known = {
            *classes,
            *(f"support/{p.parent.name}" for p in self.root.glob("support/*/*.yaml")),
        }
        for name, element in library.elements.items():
            self._check(f"elements/{name}/manifest.yaml", ("requires",), element.requires, known)
        for name, support in library.supports.items():
            self._check(f"support/{name}/manifest.yaml", ("requires",), support.requires, known)
        for name, atom in library.atoms.items():
            for number, expansion in enumerate(atom.expands):
                for member, element_use in expansion.elements.items():
                    path = ("expands", number, "elements", member, "class")
                    used = [element_use.class_name]
                    self._check(f"atoms/{name}.yaml", path, used, classes)

    def check_layouts(self, library: Library) -> None:
        for name, element in library.elements.items():
            file = f"elements/{name}/manifest.yaml"
            if file not in self.documents:
                continue
            for mistake in layout_mistakes(element):
                place = self.documents[file].at(*mistake.path)
                self.diagnostics.append(
                    Diagnostic.at(place, mistake.summary, mistake.detail, mistake.hint)
                )
            header = element.migrations
            if header and not (self.root / "elements" / name / header).is_file():
                place = self.documents[file].at("migrations")
                detail = f"elements/{name} has no file {header}"
                self.diagnostics.append(Diagnostic.at(place, "Missing file", detail))

    def _check(
        self, file: str, path: tuple[str | int, ...], names: Iterable[str], known: set[str]
    ) -> None:
        for index, name in enumerate(names):
            if name not in known and file in self.documents:
                place = self.documents[file].at(*path, index)
                detail = f"{name} is not in the library"
                hint = did_you_mean(name, known)
                self.diagnostics.append(Diagnostic.at(place, "Unknown class", detail, hint))
