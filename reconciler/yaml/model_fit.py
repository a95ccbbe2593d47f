"""Fits a YAML document to its model, or says at which key or value it does not fit."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reconciler.diagnostics import Diagnostic, closest, did_you_mean, ordered
from reconciler.yaml.documents import Document, Path

M = TypeVar("M", bound=BaseModel)

_FOUND = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "true or false",
    type(None): "nothing",
}
_WANTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}


@dataclass(frozen=True)
class Mismatch:
    """A value or a missing key by which a document does not fit its model."""

    path: Path
    diagnostic: Diagnostic
    missing: bool = False
    rule: bool = False
    """A rule of the model is broken that compares several of its keys."""
    meant: Path = ()
    """The key of which an unknown one is probably a misspelling, unless it is given too."""


def parse_model(model: type[M], document: Document) -> tuple[M | None, tuple[Diagnostic, ...]]:
    """Return the object, or None and every mistake in its shape."""
    fitted, mismatches = fit(model, document)
    return fitted, ordered(one.diagnostic for one in mismatches)


def fit(model: type[M], document: Document) -> tuple[M | None, tuple[Mismatch, ...]]:
    """Return the object, or None and the mismatches; a misspelt key is not also a missing one."""
    try:
        # JSON mode is strict about text and numbers, yet reads lists as tuples and text as enums.
        return model.model_validate_json(json.dumps(document.value), strict=True), ()
    except ValidationError as error:
        found = _mismatches(model, document, error)
    meant = {one.meant for one in found}
    return None, tuple(one for one in found if not (one.missing and one.path in meant))


def _mismatches(
    model: type[BaseModel], document: Document, error: ValidationError
) -> list[Mismatch]:
    by_path: dict[Path, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        by_path.setdefault(_path_in(document, details), []).append(details)
    return [
        Mismatch(
            path=path,
            diagnostic=_diagnostic(model, document, path, found),
            missing=found[0]["type"] == "missing",
            rule=found[0]["type"] == "value_error" and found[0]["loc"] == path,
            meant=_intended_path(model, document, path)
            if found[0]["type"] == "extra_forbidden"
            else (),
        )
        for path, found in by_path.items()
    ]


def _intended_path(model: type[BaseModel], document: Document, path: Path) -> Path:
    key = closest(str(path[-1]), _keys(model, path[:-1]))
    if key is None or (*path[:-1], key) in document.values:
        return ()
    return (*path[:-1], key)


def _path_in(document: Document, details: ErrorDetails) -> Path:
    """Return the part of pydantic's location that exists in the document (unions add labels)."""
    location = details["loc"]
    if details["type"] == "missing":
        return location
    length = next((n for n in range(len(location), 0, -1) if location[:n] in document.values), 0)
    return location[:length]


def _diagnostic(
    model: type[BaseModel], document: Document, path: Path, found: list[ErrorDetails]
) -> Diagnostic:
    details = found[0]
    kind = details["type"]
    if kind == "extra_forbidden":
        hint = did_you_mean(str(path[-1]), _keys(model, path[:-1]))
        detail = f"{_dotted(path[:-1])} has no key {str(path[-1])!r}"
        return Diagnostic.at(document.key_at(*path), "Unknown key", detail, hint)
    if kind == "missing":
        place = document.key_at(*path[:-1])
        detail = f"{_dotted(path[:-1])} needs {str(path[-1])!r}"
        return Diagnostic.at(place, "Missing key", detail, "Add it.")
    if kind in ("literal_error", "enum"):
        return _not_allowed(document, path, details)
    place = document.key_at(*path) if details["loc"][-1:] == ("[key]",) else document.at(*path)
    if len(found) > 1 or kind in _WANTED:
        return Diagnostic.at(place, "Wrong type", *_type_mismatch(document, path, found))
    return Diagnostic.at(place, "Invalid value", f"{_dotted(path)}: {_reason(details)}")


def _not_allowed(document: Document, path: Path, details: ErrorDetails) -> Diagnostic:
    expected = str(details.get("ctx", {}).get("expected", ""))
    words = expected.replace(" or ", ", ").replace("'", "").split(", ")
    given = details["input"]
    detail = f"{_dotted(path)} is {given!r}, allowed: {', '.join(words)}"
    hint = did_you_mean(given, words) if isinstance(given, str) and len(words) > 1 else ""
    return Diagnostic.at(document.at(*path), "Value not allowed", detail, hint)


def _type_mismatch(document: Document, path: Path, found: list[ErrorDetails]) -> tuple[str, str]:
    wanted = list(dict.fromkeys(_WANTED[e["type"]] for e in found if e["type"] in _WANTED))
    value = _value_at(document.value, path)
    have = _FOUND.get(type(value), "a number")
    hint = f'Quote it: "{value}".' if wanted == ["text"] and have == "a number" else ""
    return f"{_dotted(path)} is {have}, expected {' or '.join(wanted)}", hint


def _reason(details: ErrorDetails) -> str:
    return details["msg"].removeprefix("Value error, ")


def _dotted(path: Path) -> str:
    if not path:
        return "the document"
    return ".".join(str(part) for part in path if part != "[key]")


def _value_at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _keys(model: Any, path: Path) -> list[str]:
    """Return the keys that a model accepts at a path; none when it accepts any."""
    for part in path:
        model = _type_at(model, part)
    model = _without_none(model)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _type_at(annotation: Any, part: str | int) -> Any:
    annotation = _without_none(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part == (field.alias or name):
                return field.annotation
        return None
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return arguments[1]
    return arguments[0] if arguments else None


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _without_none(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        return _without_none(inner[0])
    return annotation
