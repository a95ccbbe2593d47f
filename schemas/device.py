"""kind: Device - where a release runs and how it is reached.

Keys of a device's `spec` are of three kinds: those of every device, those that its `driver` brings
and those that its `transport` brings. A second driver or transport is a class of the keys that it
brings, a class that joins each pair there shall be, and `DeviceSpec` a union of the pairs, told
apart by the two words. A union of one would only be ceremony: pydantic knows none.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, field_validator

from schemas.meta import Duration, GraphName, Metadata, Model, Size
from schemas.platforms import Platform

_INTERFACE = re.compile(r"[^\s/:,()]{1,15}")
LEAST_MEMORY, MOST_MEMORY = 4 << 20, 64 << 30
SHORTEST_INTERVAL, LONGEST_INTERVAL = 1.0, 86_400.0
_NETNS = re.compile(r"/\S*|[A-Za-z0-9_][A-Za-z0-9_.-]*")


def _interface(value: str) -> str:
    if not _INTERFACE.fullmatch(value):
        raise ValueError(
            "a network interface has 1 to 15 characters, none of them space, '/', ':', ',' or '()'"
        )
    return value


def _netns(value: str) -> str:
    if not _NETNS.fullmatch(value):
        raise ValueError(
            "a network namespace is a name, as `ip netns` lists them, or an absolute path"
        )
    return value


def _absolute(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError("a directory on a device is an absolute path")
    return value


InterfaceName = Annotated[
    str,
    AfterValidator(_interface),
    WithJsonSchema({"type": "string", "pattern": f"^{_INTERFACE.pattern}$"}),
]


class Checkpoints(Model):
    """How the device saves its state tables by itself; changed while it runs."""

    interval: Duration = 60.0
    """Time between two checkpoints, and with it how old a state may be that is restored after a
    power cut; 0s: only before swaps.
    """
    keep: int = Field(default=5, ge=1, le=1000)
    """How many of the newest stay on the device."""
    directory: Annotated[str, AfterValidator(_absolute)] | None = None
    """Where they lie, in a folder for each network element; inside the device's directory when left
    out.
    """

    @field_validator("interval")
    @classmethod
    def _not_all_the_time(cls, value: float) -> float:
        if 0 < value < SHORTEST_INTERVAL or value > LONGEST_INTERVAL:
            raise ValueError("checkpoints are written every 1s to every 24h, or with 0s on demand")
        return value


class AnyDevice(Model):
    """What is said of every device."""

    platform: Platform | None = None
    """What the device must be, for a plan to be made; of a local one, the reconciler's own machine.
    Whatever it is when left out.
    """
    interfaces: dict[GraphName, InterfaceName] = Field(default_factory=dict)
    """Logical interface of a network element -> network interface of this device."""


class LocalTransport(Model):
    """The device is the reconciler's own machine."""

    transport: Literal["local"] = "local"
    netns: Annotated[str, AfterValidator(_netns)] | None = None
    """Network namespace in which the driver runs: a name or an absolute path."""
    directory: Annotated[str, AfterValidator(_absolute)] | None = None
    """Where supervisor and releases live on the device; chosen by the reconciler when left out."""

    @property
    def place(self) -> dict[str, object]:
        """Where the device is, by key: all that is said of the way to it. What runs there does not
        come along when that changes.
        """
        return {name: getattr(self, name) for name in LocalTransport.model_fields}


class ClickUpDriver(Model):
    """click-up's own driver and supervisor run there."""

    driver: Literal["click-up"] = "click-up"
    checkpoints: Checkpoints = Field(default_factory=Checkpoints)
    priority: Literal["realtime", "high", "normal"] | None = None
    """Of the packet path over other programs of the device; the best that is allowed when left out.
    Changed while it runs.
    """
    cores: tuple[Annotated[int, Field(ge=0, le=1023)], ...] = ()
    """Processors that workers run on, by number; all when left out. Changed while it runs."""
    memory: Size = 256 << 20
    """What the receive rings of a network element may take, all interfaces together. They hold a
    second of what their link carries as far as this goes; changed while it runs, without loss.
    """

    @field_validator("memory")
    @classmethod
    def _enough_for_a_ring(cls, value: int) -> int:
        if not LEAST_MEMORY <= value <= MOST_MEMORY:
            raise ValueError("the receive rings of a network element take 4MiB to 64GiB")
        return value


class ClickUpLocal(AnyDevice, ClickUpDriver, LocalTransport):
    """click-up's own driver on the reconciler's own machine."""


DeviceSpec = ClickUpLocal
"""How to reach the device, and what it has: one of the pairs of a driver and a transport."""


class Device(Model):
    """A device."""

    api_version: Literal["click-up/v1alpha1"] = Field(alias="apiVersion")
    kind: Literal["Device"]
    metadata: Metadata
    spec: DeviceSpec

    @property
    def name(self) -> str:
        """The name in the metadata."""
        return self.metadata.name
