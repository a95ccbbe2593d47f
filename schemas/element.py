"""Manifests of element classes and of the sources that several of them share."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from schemas.layout import StateTable
from schemas.meta import ClassName, GraphName, Model

_PORT_COUNT = re.compile(r"-|=\+*|\d+|\d+-\d*")
_PROCESSING = re.compile(r"[hla]*/[hla]*|[hla]+")


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
Requirement = Annotated[
    str,
    _matching(
        re.compile(r"[A-Z]\w*|support/[a-z][a-z0-9_]*"),
        "require an element class by name or support/<name>",
    ),
]


class ParameterType(StrEnum):
    """How the text of a configuration argument is parsed."""

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
    """Numbers of ports, in Click's notation."""

    inputs: PortCount
    outputs: PortCount


class ElementParameter(Model):
    """A configuration argument."""

    name: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    """Keyword, upper case; for a positional argument the name that documentation uses."""
    positional: bool = False
    repeated: bool = False
    """Takes all positional arguments from here on. A keyword that is repeated takes a list: one
    text, its entries separated by `; `.
    """
    type: ParameterType = ParameterType.STRING
    required: bool = False
    default: bool | int | float | str | None = None
    minimum: float | None = None
    """For a number, or for a duration in seconds; as the element itself checks it."""
    maximum: float | None = None
    unit: str = ""
    live: str | None = None
    """Write handler that changes it in the running worker, without a takeover."""
    summary: str


class LeftOutArgument(Model):
    """An argument that Click's class of this name takes and this one refuses."""

    name: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    summary: str = Field(pattern=r"^[^\n]+$")
    """Why, and what to write instead; ends the driver's message about it."""


class ElementHandler(Model):
    """One of Click's read or write handlers."""

    name: str = Field(pattern=r"^[a-z][A-Za-z0-9_]*$")
    access: Literal["read", "write", "read-write"]
    parameter: str = ""
    """Parameter that may follow the name of a read handler."""
    summary: str


class ElementManifest(Model):
    """An element class: how it is configured, connected and observed, and what it needs."""

    class_name: ClassName = Field(alias="class")
    summary: str
    description: str = ""
    ports: ElementPorts
    processing: Processing
    flow: str = "x/x"
    """Click's flow code."""
    click: bool
    """Whether Click has this class with this syntax."""
    parameters: tuple[ElementParameter, ...] = ()
    left_out: tuple[LeftOutArgument, ...] = ()
    """Keywords of Click's class that are not among the parameters."""
    handlers: tuple[ElementHandler, ...] = ()
    requires: tuple[Requirement, ...] = ()
    states: tuple[StateTable, ...] = ()
    migrations: (
        Annotated[
            str, _matching(re.compile(r"[a-z]\w*\.hh"), "migrations are a .hh file in this folder")
        ]
        | None
    ) = None
    """Header with what cannot be generated: `migrate(from, to)` for fields that layouts convert,
    both ways, and `assured(record)`, which tells whether a full table keeps a record, for every
    layout.
    """

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
