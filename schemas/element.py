"""Manifests of element classes and of the sources that several of them share."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from schemas.meta import ClassName, GraphName, Model

_PORT_COUNT = re.compile(r"-|=\+*|\d+|\d+-\d*")
_PROCESSING = re.compile(r"[hla]*/[hla]*|[hla]+")
_FIELD_TYPE = re.compile(r"u8|u16|u32|u64|i64|bytes\[([1-9]\d{0,3})\]")
_SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i64": 8}


def _matching(pattern: re.Pattern[str], text: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(text)
        return value

    return AfterValidator(check)


PortCount = Annotated[
    str,
    _matching(_PORT_COUNT, "a port count is one of Click's words: '1', '1-2', '1-', '-' or '='"),
    WithJsonSchema({"type": "string", "pattern": f"^({_PORT_COUNT.pattern})$"}),
]
Processing = Annotated[
    str,
    _matching(
        _PROCESSING,
        "processing is Click's code: h (push), l (pull) or a (agnostic) for each port, like 'h/lh'",
    ),
    WithJsonSchema({"type": "string", "pattern": f"^({_PROCESSING.pattern})$"}),
]
FieldType = Annotated[
    str,
    _matching(_FIELD_TYPE, "a field is u8, u16, u32, u64, i64 or bytes[N]"),
    WithJsonSchema({"type": "string", "pattern": f"^({_FIELD_TYPE.pattern})$"}),
]
Requirement = Annotated[
    str,
    _matching(
        re.compile(r"[A-Z]\w*|support/[a-z][a-z0-9_]*"),
        "require an element class by name or support/<name>",
    ),
]


class ParameterType(StrEnum):
    """How the text of a configuration argument is read."""

    INT = "int"
    REAL = "real"
    BOOL = "bool"
    STRING = "string"
    DURATION = "duration"
    RATE = "rate"
    ADDRESS = "address"
    PATTERN = "pattern"
    """A Classifier, IPClassifier or IPFilter pattern, raw."""
    INTERFACE = "interface"
    FILE = "file"
    ELEMENT = "element"
    """The name of another element."""


class ElementPorts(Model):
    """How many ports, in Click's words."""

    inputs: PortCount
    outputs: PortCount


class ElementParameter(Model):
    """A configuration argument."""

    name: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    """Keyword, upper case; for a positional argument the name that documentation uses."""
    positional: bool = False
    repeated: bool = False
    """Takes all positional arguments from here on."""
    type: ParameterType = ParameterType.STRING
    required: bool = False
    default: bool | int | float | str | None = None
    minimum: float | None = None
    """Of a number, or of a duration in seconds; as the element itself checks it."""
    maximum: float | None = None
    unit: str = ""
    live: str | None = None
    """Write handler that changes it in the running worker, without a takeover."""
    summary: str


class ElementHandler(Model):
    """One of Click's read or write handlers."""

    name: str = Field(pattern=r"^[a-z][A-Za-z0-9_]*$")
    access: Literal["read", "write", "read-write"]
    parameter: str = ""
    """What may follow the name of a read handler."""
    summary: str


class LayoutField(Model):
    """A field of the records of a state table."""

    name: GraphName
    type: FieldType
    key: bool = False
    unit: str = ""
    default: int = 0
    summary: str

    @property
    def size(self) -> int:
        """Bytes."""
        array = _FIELD_TYPE.fullmatch(self.type)
        return int(array[1]) if array and array[1] else _SIZES[self.type]


class Layout(Model):
    """One version of the records of a state table."""

    version: int = Field(ge=1)
    fields: tuple[LayoutField, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_once_and_a_key(self) -> Self:
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"fields named twice: {', '.join(twice)}")
        if not any(field.key for field in self.fields):
            raise ValueError("a record has at least one field with key: true")
        return self


class StateTable(Model):
    """A table of a state and every layout it ever had."""

    table: GraphName
    summary: str = ""
    layouts: tuple[Layout, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _versions_ascend(self) -> Self:
        versions = [layout.version for layout in self.layouts]
        if versions != sorted(set(versions)):
            raise ValueError("layouts are listed in ascending order of version, each once")
        return self

    @property
    def current(self) -> Layout:
        """The layout that this library writes."""
        return self.layouts[-1]


class ElementManifest(Model):
    """An element class: how it is configured, connected and watched, and what it needs."""

    class_name: ClassName = Field(alias="class")
    summary: str
    description: str = ""
    ports: ElementPorts
    processing: Processing
    flow: str = "x/x"
    """Click's flow code."""
    click: bool
    """Click has this class with this syntax."""
    parameters: tuple[ElementParameter, ...] = ()
    handlers: tuple[ElementHandler, ...] = ()
    requires: tuple[Requirement, ...] = ()
    states: tuple[StateTable, ...] = ()

    @property
    def live(self) -> dict[str, str]:
        """Parameter name -> write handler, for those that change without a takeover."""
        return {parameter.name: parameter.live for parameter in self.parameters if parameter.live}


class SupportManifest(Model):
    """Sources that several element classes share."""

    support: GraphName
    summary: str
    sources: tuple[
        Annotated[
            str, _matching(re.compile(r"[\w-]+\.cc"), "a source is a .cc file in this folder")
        ],
        ...,
    ] = ()
    requires: tuple[Requirement, ...] = ()
