"""kind: Rollout - which network element runs on which devices, and when an upgrade is good."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from schemas.meta import Duration, GraphName, Metadata, Model, ObjectName
from schemas.network_element import Keep

PROBE_TERM = re.compile(
    r"([A-Za-z_@][\w/@]*)\.([A-Za-z_][\w.]*)\s*(>=|<=|==|!=|>|<)\s*([-+]?\d+(?:\.\d+)?)"
)
"""One comparison: ELEMENT.HANDLER OPERATOR NUMBER."""
PROBE = re.compile(rf"{PROBE_TERM.pattern}(\s+and\s+{PROBE_TERM.pattern})*")
"""Comparisons joined by `and`."""


def _probe(value: str) -> str:
    if not PROBE.fullmatch(value.strip()):
        raise ValueError(
            "a probe compares a read handler with a number, like 'sessions.count >= 1'"
        )
    return value.strip()


Probe = Annotated[
    str, AfterValidator(_probe), WithJsonSchema({"type": "string", "pattern": f"^{PROBE.pattern}$"})
]


class DriftPolicy(StrEnum):
    """The treatment of a difference that nobody committed."""

    HEAL = "heal"
    REPORT = "report"


class DeviceSelector(Model):
    """Selects devices by labels or by names, one of the two."""

    match_labels: dict[str, str] = Field(default_factory=dict, alias="matchLabels")
    """Every label must be equal."""
    names: tuple[ObjectName, ...] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.match_labels) == bool(self.names):
            raise ValueError("select devices either by matchLabels or by names")
        return self


class Verify(Model):
    """When a new release counts as good."""

    settle: Duration = 0.0
    """Time after the takeover in which probes may still fail."""
    soak: Duration = 2.0
    """Time over which every probe must hold."""
    interval: Duration = 0.2
    """Time between two readings."""
    probes: tuple[Probe, ...] = ()

    @model_validator(mode="after")
    def _interval_positive(self) -> Self:
        if self.interval <= 0:
            raise ValueError("the interval between two readings must be longer than 0")
        return self


class RolloutSpec(Model):
    """A network element for some devices, and how it is rolled out."""

    element: ObjectName
    devices: DeviceSelector
    parameters: dict[GraphName, bool | int | float | str | tuple[str, ...]] = Field(
        default_factory=dict
    )
    """Override the network element's own parameters."""
    verify: Verify = Field(default_factory=Verify)
    confirm_timeout: Duration = 30.0
    """The device reverts by itself when nobody confirms the new release within this time."""
    keep: dict[GraphName, Keep] = Field(default_factory=dict)
    """Override whether an upgrade must keep each state."""
    drift: DriftPolicy = DriftPolicy.HEAL
    suspend: bool = False
    """Leave the devices alone until this is false again."""

    @model_validator(mode="after")
    def _confirm_after_soak(self) -> Self:
        if self.confirm_timeout <= self.verify.settle + self.verify.soak:
            raise ValueError(
                "confirm_timeout must exceed verify.settle plus verify.soak, "
                "or every upgrade would be reverted"
            )
        return self


class Rollout(Model):
    """A rollout."""

    api_version: Literal["click-up/v1alpha1"] = Field(alias="apiVersion")
    kind: Literal["Rollout"]
    metadata: Metadata
    spec: RolloutSpec

    @property
    def name(self) -> str:
        """The name in the metadata."""
        return self.metadata.name
