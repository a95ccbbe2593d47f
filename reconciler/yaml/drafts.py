"""Best-effort copies of malformed objects, made only to find their other mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from reconciler.diagnostics import Diagnostic, ordered
from reconciler.yaml.documents import Document, Path
from reconciler.yaml.model_fit import Mismatch, fit
from schemas.meta import API_VERSION, Model

M = TypeVar("M", bound=Model)
M_co = TypeVar("M_co", bound=Model, covariant=True)

_NEUTRAL: Mapping[Path, Any] = {
    ("apiVersion",): API_VERSION,
    ("metadata",): {"name": "unnamed"},
    ("metadata", "name"): "unnamed",
    ("spec",): {},
    ("spec", "version"): "0.0.0",
    ("spec", "atoms"): {},
    ("spec", "flow"): [],
    ("spec", "element"): "unnamed",
    ("spec", "devices"): {"names": ["unnamed"]},
}
"""Stand-ins for required top-level keys. Entries that lack another required key are left out."""

_RULES: Mapping[Path, tuple[Path, ...]] = {
    ("spec",): (("confirm_timeout",), ("verify", "settle"), ("verify", "soak")),
    ("spec", "devices"): (("matchLabels",), ("names",)),
    ("spec", "verify"): (("interval",),),
}
"""The keys that a rule of the model compares."""


@dataclass(frozen=True)
class Draft(Generic[M_co]):
    """An object without its mistakes; the document's doubts say where they were."""

    document: Document
    model: M_co


def make_draft(
    model: type[M], document: Document
) -> tuple[Draft[M] | None, tuple[Diagnostic, ...]]:
    """Return the object as far as it can be told, and every mistake in its shape."""
    found: list[Diagnostic] = []
    while True:
        fitted, mismatches = fit(model, document)
        if fitted is not None:
            return Draft(document, fitted), ordered(found)
        found += [one.diagnostic for one in mismatches if not _may_follow(document, one)]
        before, document = document, _repair(document, mismatches)
        if document == before:
            return None, ordered(found)


def _may_follow(document: Document, mismatch: Mismatch) -> bool:
    """Tell whether a mistake may merely follow from another one that was reported."""
    if mismatch.path in _RULES and mismatch.rule:
        compared = _RULES[mismatch.path]
        return not all(document.is_certain(*mismatch.path, *path) for path in compared)
    return not document.is_complete(*mismatch.path)


def _repair(document: Document, mismatches: tuple[Mismatch, ...]) -> Document:
    # From the last entry of a list to the first, so that earlier entries keep their indexes.
    for path in sorted(
        {path for one in mismatches for path in _paths_at_fault(one)}, key=_from_last
    ):
        document = _without_value(document, path)
    missing = [one.path for one in mismatches if one.missing]
    for path in missing:
        if path in _NEUTRAL:
            document = _with_value(document, path, _NEUTRAL[path])
    doubts = {one.meant for one in mismatches if one.meant}
    return replace(document, doubts=document.doubts | doubts)


def _paths_at_fault(mismatch: Mismatch) -> Iterator[Path]:
    if mismatch.missing:
        if mismatch.path not in _NEUTRAL:
            yield mismatch.path[:-1]
    elif mismatch.rule and mismatch.path in _RULES:
        yield from ((*mismatch.path, *path) for path in _RULES[mismatch.path])
    else:
        yield mismatch.path


def _from_last(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((-part, "") if isinstance(part, int) else (0, part) for part in path)


def _with_value(document: Document, path: Path, value: Any) -> Document:
    whole = deepcopy(document.value)
    around = whole
    for part in path[:-1]:
        around = around[part]
    around[path[-1]] = deepcopy(value)
    return replace(document, value=whole, doubts=document.doubts | {path})


def _without_value(document: Document, path: Path) -> Document:
    """Return the document without a key or an entry of a list; later entries move up."""
    whole = deepcopy(document.value)
    around = whole
    for part in path[:-1]:
        if part not in around and not isinstance(around, list):
            return document
        around = around[part]
    *outer, last = path
    if isinstance(last, str) and last not in around:
        return document
    removed = around.pop(last)
    doubt = path
    if isinstance(last, int):
        doubt = (*outer, removed) if isinstance(removed, str) else tuple(outer)
    return Document(
        file=document.file,
        value=whole,
        keys={
            to: at for old, at in document.keys.items() if (to := _path_after_removal(old, path))
        },
        values={
            to: at
            for old, at in document.values.items()
            if (to := _path_after_removal(old, path)) is not None
        },
        doubts=document.doubts | {doubt},
    )


def _path_after_removal(path: Path, removed: Path) -> Path | None:
    """Return a path as it is after a removal; None when it is removed."""
    depth = len(removed) - 1
    last = removed[-1]
    if path[:depth] != removed[:-1] or len(path) == depth:
        return path
    part = path[depth]
    if part == last:
        return None
    if isinstance(last, int) and isinstance(part, int) and part > last:
        return (*path[:depth], part - 1, *path[depth + 1 :])
    return path
