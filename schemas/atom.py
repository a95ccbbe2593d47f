"""Manifests of atoms: meaning, typed ports, parameters, and the elements they expand to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.meta import ClassName, GraphName, Model, Value

SAME = "same"
"""Type of an output that carries what came in."""
ANY = "any"
"""Type of an input that takes every packet type."""


class AtomParameterType(StrEnum):
    """The type of value that an operator writes for a parameter of an atom."""

    BOOL = "bool"
    INT = "int"
    REAL = "real"
    STRING = "string"
    """Quoted for Click if need be."""
    DURATION = "duration"
    INTERFACE = "interface"
    """One of the network element's logical interfaces."""
    STATE = "state"
    """One of the network element's states."""
    RULES = "rules"
    """Patterns to allow, or {allow: pattern} and {deny: pattern}; the first match decides."""
    CLASSES = "classes"
    """Mapping from the name of an output to a pattern, or to a list of patterns."""
    STRINGS = "strings"
    """List of texts."""
    NAMES = "names"
    """List of port names."""
    ADDRESSES = "addresses"
    """List of IP addresses, each with its prefix length: 192.0.2.1/24."""
    ROUTES = "routes"
    """Mapping from the name of an output to a list of prefixes, each `PREFIX [via GATEWAY]`."""


class AtomParameter(Model):
    """A parameter of an atom."""

    type: AtomParameterType
    required: bool = False
    default: Value = None
    state_class: ClassName | None = Field(default=None, alias="class")
    """For a state: the element class that it must have."""
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    summary: str


class AtomInput(Model):
    """An input of an atom, or, with `each`, one input for every name in a parameter."""

    type: str = ANY
    each: GraphName | None = None
    """Parameter of type names."""
    to: tuple[str, ...] = ()
    """Element ports behind it, like "queue[0]"; the main element's next port when left out."""
    summary: str = ""


class AtomOutput(Model):
    """An output of an atom, or, with `each`, one output for every name in a parameter."""

    type: str = SAME
    from_: tuple[str, ...] = Field(default=(), alias="from")
    """Element ports behind it, like "check[0]"; the main element's next port when left out."""
    each: GraphName | None = None
    """Parameter of type classes, names or routes."""
    default: bool = False
    """The output that is meant when a flow names the atom without one."""
    fallback: GraphName | None = None
    """Output that this one joins when it is not connected."""
    optional: Literal["drop"] | None = None
    """drop: packets are discarded when it is not connected."""
    summary: str = ""

    @model_validator(mode="after")
    def _one_way_out(self) -> Self:
        if self.fallback and self.optional:
            raise ValueError(
                "an unconnected output either joins another (fallback) or drops (optional)"
            )
        return self


class AtomMember(Model):
    """An element of an expansion."""

    class_name: ClassName = Field(alias="class")
    arguments: tuple[str, ...] = ()
    """Configuration arguments. "$name" stands for a parameter, "$name..." for one argument per
    entry of a list, "$name_outputs" for the names of the outputs that it lists. An argument whose
    parameter is not given is left out.
    """


class Expansion(Model):
    """The elements an atom becomes: `self` carries the atom's name, others are atom/member."""

    when: str | None = None
    """Only when this type arrives; the first expansion that fits is taken."""
    elements: dict[GraphName, AtomMember]
    connections: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Between members: `strip -> check[0] -> [1]merge`."""

    @model_validator(mode="after")
    def _has_main_element(self) -> Self:
        if "self" not in self.elements:
            raise ValueError("an expansion has a main element called self")
        return self


class AtomPorts(Model):
    """Inputs and outputs by name, in the order of the main element's ports."""

    inputs: dict[GraphName, AtomInput] = Field(default_factory=dict)
    outputs: dict[GraphName, AtomOutput] = Field(default_factory=dict)


class AtomManifest(Model):
    """An atom."""

    atom: ClassName
    summary: str
    description: str = ""
    parameters: dict[GraphName, AtomParameter] = Field(default_factory=dict)
    ports: AtomPorts = Field(default_factory=AtomPorts)
    expands: tuple[Expansion, ...] = Field(min_length=1)
    example: str = ""
    """Lines of YAML as an operator would write them."""

    @model_validator(mode="after")
    def _inputs_are_consistent(self) -> Self:
        for name, port in self.ports.inputs.items():
            if port.each is not None and port.each not in self.parameters:
                raise ValueError(
                    f"input {name} repeats for each of {port.each}, which is not a parameter"
                )
        return self

    @model_validator(mode="after")
    def _outputs_are_consistent(self) -> Self:
        outputs = self.ports.outputs
        if sum(output.default for output in outputs.values()) > 1:
            raise ValueError("at most one output is the default")
        for name, output in outputs.items():
            if output.fallback is not None and output.fallback not in outputs:
                raise ValueError(
                    f"output {name} falls back to {output.fallback}, which is not an output"
                )
            if output.each is not None and output.each not in self.parameters:
                raise ValueError(
                    f"output {name} repeats for each of {output.each}, which is not a parameter"
                )
        return self


class PacketType(Model):
    """A type of packet that a port carries."""

    is_: GraphName | None = Field(default=None, alias="is")
    """A wider type: wherever that is wanted, this one fits."""
    summary: str


class Glue(Model):
    """An element that converts one packet type into another without loss; inserted as needed."""

    from_: GraphName = Field(alias="from")
    to: GraphName
    class_name: ClassName = Field(alias="class")
    arguments: tuple[str, ...] = ()
    summary: str


class PacketTypes(Model):
    """All packet types and the converters between them."""

    types: dict[GraphName, PacketType]
    glue: tuple[Glue, ...] = ()
