"""Shared by all models: strictness, names, durations, and format versions."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    WithJsonSchema,
)

API_GROUP = "click-up"
API_VERSION = "click-up/v1alpha1"


class Model(BaseModel):
    """Frozen and strict: an unknown key is a mistake and never ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )


_OBJECT_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_GRAPH_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CLASS_NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,62}")
_VERSION = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
)
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(us|ms|s|min|m|h|d)")
_SIZE = re.compile(r"(\d{1,12})(KiB|MiB|GiB)")
_BYTES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
# A factor and a divisor, so that 10us is exactly 1e-5.
_SECONDS = {
    "us": (1, 1_000_000),
    "ms": (1, 1000),
    "s": (1, 1),
    "min": (60, 1),
    "m": (60, 1),
    "h": (3600, 1),
    "d": (86400, 1),
}


def _object_name(value: str) -> str:
    if not _OBJECT_NAME.fullmatch(value):
        raise ValueError(
            "a name starts with a lower-case letter, goes on with lower-case letters, digits and "
            "'-', does not end in '-' and has at most 63 characters"
        )
    return value


def _graph_name(value: str) -> str:
    if not _GRAPH_NAME.fullmatch(value):
        raise ValueError(
            "a name inside a network element starts with a lower-case letter and goes on with "
            "lower-case letters, digits and '_', because it becomes an element's name"
        )
    return value


def _class_name(value: str) -> str:
    if not _CLASS_NAME.fullmatch(value):
        raise ValueError(
            "an atom or element class starts with an upper-case letter, like CheckSession"
        )
    return value


def _version(value: str) -> str:
    if not _VERSION.fullmatch(value):
        raise ValueError("a version has three numbers, like 1.4.2 (semantic versioning 2.0)")
    return value


def parse_duration(value: object) -> float:
    """Parse "2s", "500ms" or "1.5m" into seconds. Raises ValueError, which says what is missing."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match:
            factor, divisor = _SECONDS[match[2]]
            return float(match[1]) * factor / divisor
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise ValueError(
            f"a duration needs a unit: write {value}s for seconds or {value}ms for milliseconds"
        )
    raise ValueError("a duration is a number with a unit (us, ms, s, m, h, d), like 2s or 500ms")


def duration_text(seconds: float) -> str:
    """Return the shortest text that `parse_duration` reads back as the same number of seconds."""
    for unit, divisor in (("s", 1), ("ms", 1000), ("us", 1_000_000)):
        amount = seconds * divisor
        if round(amount) / divisor == seconds:
            return f"{round(amount)}{unit}"
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def _duration(value: object) -> object:
    return parse_duration(value)


def parse_size(value: object) -> int:
    """Parse "64MiB" or "1GiB" into bytes. Raises ValueError, which says what is missing."""
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a size is a whole number with a unit (KiB, MiB, GiB), like 256MiB")
    return int(match[1]) * _BYTES[match[2]]


def size_text(size: int) -> str:
    """Return the shortest text that `parse_size` reads back as the same number of bytes, or the
    next.
    """
    for unit, factor in reversed(_BYTES.items()):
        if size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{-(-size // 1024)}KiB"


ObjectName = Annotated[
    str,
    AfterValidator(_object_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_OBJECT_NAME.pattern}$"}),
]
GraphName = Annotated[
    str,
    AfterValidator(_graph_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_GRAPH_NAME.pattern}$"}),
]
ClassName = Annotated[
    str,
    AfterValidator(_class_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_CLASS_NAME.pattern}$"}),
]
Version = Annotated[
    str,
    AfterValidator(_version),
    WithJsonSchema({"type": "string", "pattern": f"^{_VERSION.pattern}$"}),
]
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    PlainSerializer(duration_text, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["2s", "500ms"]}
    ),
]
"""Seconds in Python, a number with a unit in YAML and JSON."""

Size = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(size_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_SIZE.pattern}$", "examples": ["256MiB"]}),
]
"""Bytes in Python, a number with a unit in YAML and JSON."""

Value = JsonValue
Values = dict[str, Any]
"""Arguments by name; a manifest declares what each may be, so they are checked against it."""


class Metadata(Model):
    """The name of an object and its labels."""

    name: ObjectName
    labels: dict[str, str] = Field(default_factory=dict)
    """Free text by which rollouts select devices."""
