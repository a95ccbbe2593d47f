"""kind: NetworkElement - a pipeline of atoms and states that does a job."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.meta import ClassName, GraphName, Metadata, Model, Values, Version


class Keep(StrEnum):
    """Whether an upgrade must keep a state."""

    REQUIRED = "required"
    BEST_EFFORT = "best-effort"
    DISCARD = "discard"


class StateUse(Model):
    """A service state: named data that atoms share and an upgrade keeps."""

    use: ClassName
    """Element class that owns the tables, such as SessionTable."""
    with_: Values = Field(default_factory=dict, alias="with")
    keep: Keep = Keep.REQUIRED
    """required: a plan that would lose it is refused."""


class AtomUse(Model):
    """An atom in this network element."""

    use: ClassName
    """Name of the atom, as `click-up atoms` lists them."""
    with_: Values = Field(default_factory=dict, alias="with")


class NetworkElementSpec(Model):
    """The pipeline itself."""

    version: Version
    summary: str = ""
    """One sentence for people."""
    interfaces: tuple[GraphName, ...] = ()
    """Logical interfaces; a device binds each to one of its own."""
    parameters: dict[GraphName, bool | int | float | str | tuple[str, ...]] = Field(
        default_factory=dict
    )
    """Defaults that a rollout may override; used elsewhere as $name."""
    states: dict[GraphName, StateUse] = Field(default_factory=dict)
    atoms: dict[GraphName, AtomUse]
    flow: tuple[str, ...]
    """Connections: `a -> b[output] -> [input]c`."""


class NetworkElement(Model):
    """A network element."""

    api_version: Literal["click-up/v1alpha1"] = Field(alias="apiVersion")
    kind: Literal["NetworkElement"]
    metadata: Metadata
    spec: NetworkElementSpec

    @property
    def name(self) -> str:
        """The name in the metadata."""
        return self.metadata.name
