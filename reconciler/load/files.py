"""Reads the files of a revision into a repository; one bad file never stops the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from reconciler.diagnostics import Diagnostic, closest, did_you_mean, ordered
from reconciler.load.instances import form_instances
from reconciler.load.repository import Desired, Entry, Repository
from reconciler.yaml.contents import DAMAGED, YAML_ENDINGS, Contents, Unread, text_of
from reconciler.yaml.documents import Document, Spending, read_documents
from reconciler.yaml.drafts import make_draft
from reconciler.yaml.limits import DEFAULT, Limits
from schemas.device import Device
from schemas.meta import API_GROUP, API_VERSION, Model
from schemas.network_element import NetworkElement
from schemas.rollout import Rollout

__all__ = ["Desired", "Repository", "load", "may_hold_objects"]

_KINDS: dict[str, type[Model]] = {
    "NetworkElement": NetworkElement,
    "Device": Device,
    "Rollout": Rollout,
}
_NAME = re.compile(r"\bname:\s*[\"']?([\w-]+)")
_MARKS = (f"{API_GROUP}/", *(f"kind: {kind}" for kind in _KINDS))


def may_hold_objects(path: str, contents: Contents = "") -> bool:
    """Tell whether a file may hold objects: its name ends as YAML or it was not read, and no folder
    above is hidden.
    """
    parts = PurePosixPath(path).parts
    named = path.endswith(YAML_ENDINGS) or isinstance(contents, Unread)
    return named and not any(part.startswith(".") for part in parts)


def load(files: Mapping[str, Contents], limits: Limits = DEFAULT) -> Repository:
    """Form the repository of files, given by path. YAML of other applications is ignored."""
    reading = _Reading(Spending(limits))
    for path in sorted(path for path in files if may_hold_objects(path, files[path])):
        try:
            reading.read(path, files[path])
        except MemoryError:  # of all files together: whoever limits the memory tells it
            raise
        except Exception as bug:  # noqa: BLE001 - one file never stops the others
            reading.failed(path, bug)
    repository = Repository(
        elements=reading.entries["NetworkElement"],
        devices=reading.entries["Device"],
        rollouts=reading.entries["Rollout"],
        diagnostics=tuple(reading.diagnostics),
        unreadable=tuple(sorted(reading.unreadable)),
        nameless={kind: tuple(entries) for kind, entries in reading.nameless.items()},
        hinted=frozenset(reading.hinted),
    )
    return form_instances(repository, limits)


class _Reading:
    """Collects the objects of one file after another."""

    def __init__(self, spending: Spending) -> None:
        self.spending = spending
        self.entries: dict[str, dict[str, Entry[Any]]] = {kind: {} for kind in _KINDS}
        self.diagnostics: list[Diagnostic] = []
        self.unreadable: set[str] = set()
        self.nameless: dict[str, list[Entry[Any]]] = {kind: [] for kind in _KINDS}
        self.hinted: set[str] = set()

    def read(self, path: str, contents: Contents) -> None:
        """Add the objects of a file."""
        text = text_of(path, contents)
        if isinstance(text, Diagnostic):
            self._cannot_read(path, text)
            return
        documents, broken = read_documents(path, text, self.spending)
        owned = [document for document in documents if _is_click_up_object(document)]
        damaged = any(one.summary == DAMAGED for one in broken)
        syntax = broken if owned or damaged or any(mark in text for mark in _MARKS) else ()
        if syntax:
            self._cannot_read(path, *syntax)
            self.hinted.update(_NAME.findall(text))
        for document in owned:
            self._add(document, syntax)

    def failed(self, path: str, bug: Exception) -> None:
        """Tell that click-up itself failed on a file."""
        detail = f"click-up failed on it: {type(bug).__name__}: {bug}"[:500]
        hint = "Report it, with the file, as a mistake of click-up."
        self._cannot_read(path, Diagnostic(path, 1, 1, "File not read", detail, hint))

    def _cannot_read(self, path: str, *why: Diagnostic) -> None:
        self.unreadable.add(path)
        self.diagnostics.extend(why)

    def _add(self, document: Document, syntax: tuple[Diagnostic, ...]) -> None:
        wrong = tuple(_envelope_mistakes(document))
        self.diagnostics.extend(wrong)
        kind = _kind_of(document)
        if wrong:
            self.unreadable.add(document.file)
            self.hinted.update(filter(None, [object_name(document)]))
        if kind is None:
            return
        drafted, mistakes = make_draft(_KINDS[kind], _with_envelope(document, kind))
        self.diagnostics.extend(mistakes)
        whole = drafted is not None and not wrong and not mistakes
        model = drafted.model if drafted is not None and whole else None
        name = object_name(document)
        entry = Entry(name or "unnamed", document, model, ordered((*syntax, *mistakes)), drafted)
        if wrong or name is None:
            self.unreadable.add(document.file)
            self.nameless[kind].append(entry)
        else:
            self._add_entry(kind, entry)

    def _add_entry(self, kind: str, entry: Entry[Any]) -> None:
        first = self.entries[kind].get(entry.name)
        if first is None:
            self.entries[kind][entry.name] = entry
            return
        place = entry.document.at("metadata", "name")
        where = first.document.at("metadata", "name")
        detail = f"{kind} {entry.name} is already in {where.file}:{where.line}"
        twice = Diagnostic.at(place, "Name used twice", detail, "Rename or remove one of the two.")
        self.diagnostics.append(twice)
        both = replace(first, diagnostics=ordered((*first.diagnostics, twice)))
        self.entries[kind][entry.name] = both
        self.nameless[kind].append(entry)


def object_name(document: Document) -> str | None:
    """Return the object's name, as far as a malformed document tells it."""
    metadata = document.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else None


def _kind_of(document: Document) -> str | None:
    """Return the kind of an object, the closest one if misspelt; None in another API version."""
    version = str(document.value.get("apiVersion", API_VERSION))
    if version.partition("/")[2] != API_VERSION.partition("/")[2]:
        return None
    return closest(str(document.value.get("kind")), _KINDS)


def _with_envelope(document: Document, kind: str) -> Document:
    return replace(document, value={**document.value, "apiVersion": API_VERSION, "kind": kind})


def _is_click_up_object(document: Document) -> bool:
    """Tell whether a document is meant to be one of click-up's objects, spelling
    mistakes included.
    """
    if not isinstance(document.value, dict):
        return False
    version = document.value.get("apiVersion")
    if version is None:
        return str(document.value.get("kind")) in _KINDS
    group = str(version).partition("/")[0]
    return bool(group == API_GROUP or did_you_mean(group, [API_GROUP]).startswith("Did"))


def _envelope_mistakes(document: Document) -> Iterator[Diagnostic]:
    version, kind = document.value.get("apiVersion"), document.value.get("kind")
    if version is None:
        place = document.at()
        yield Diagnostic.at(
            place, "Missing key", "no apiVersion", f"Add apiVersion: {API_VERSION}."
        )
    elif version != API_VERSION:
        detail = f"{version!r} is not known to this click-up"
        place = document.at("apiVersion")
        yield Diagnostic.at(place, "Unknown apiVersion", detail, f"Write {API_VERSION}.")
    if kind is None:
        hint = f"Add kind: one of {', '.join(_KINDS)}."
        yield Diagnostic.at(document.at(), "Missing key", "no kind", hint)
    elif not isinstance(kind, str) or kind not in _KINDS:
        hint = did_you_mean(str(kind), _KINDS)
        detail = f"{kind!r} is not a kind of object"
        yield Diagnostic.at(document.at("kind"), "Unknown kind", detail, hint)
