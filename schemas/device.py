"""kind: Device - where a release runs and how it is reached.

Keys of a device's `spec` are of three kinds: those of every device, those of its `driver` and those
of its `transport`. To add a driver or transport, write a class with its keys and a class for each
supported pair, and make `DeviceSpec` a union of the pairs, discriminated by `driver` and
`transport`. With one pair there is no union: pydantic has no discriminated union of one.
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
    """Time between two checkpoints, and so the greatest age of the state that is restored after a
    power cut; 0s: only before takeovers.
    """
    keep: int = Field(default=5, ge=1, le=1000)
    """Number of the newest checkpoints that are kept on the device."""
    directory: Annotated[str, AfterValidator(_absolute)] | None = None
    """Directory with a folder of checkpoints for each network element; inside the device's
    directory when left out.
    """

    @field_validator("interval")
    @classmethod
    def _not_all_the_time(cls, value: float) -> float:
        if 0 < value < SHORTEST_INTERVAL or value > LONGEST_INTERVAL:
            raise ValueError("checkpoints are written every 1s to every 24h, or with 0s on demand")
        return value


class AnyDevice(Model):
    """Keys of every device."""

    platform: Platform | None = None
    """Platform that the device must have, else no plan is made; for a local device, that of the
    reconciler's machine. Any when left out.
    """
    interfaces: dict[GraphName, InterfaceName] = Field(default_factory=dict)
    """Logical interface of a network element -> network interface of this device."""


class LocalTransport(Model):
    """The device is the reconciler's own machine."""

    transport: Literal["local"] = "local"
    netns: Annotated[str, AfterValidator(_netns)] | None = None
    """Network namespace in which the driver runs: a name or an absolute path."""
    directory: Annotated[str, AfterValidator(_absolute)] | None = None
    """Directory of supervisor and releases on the device; the reconciler chooses if left out."""

    @property
    def place(self) -> dict[str, object]:
        """Keys that say where the device is, with their values. When they change, what runs in the
        old place does not move to the new one.
        """
        return {name: getattr(self, name) for name in LocalTransport.model_fields}

    @property
    def network(self) -> str:
        """The network in which its interfaces have their names; devices may share one."""
        return f"local {self.netns or ''}".rstrip()


class ClickUpDriver(Model):
    """The device runs click-up's own driver and supervisor."""

    driver: Literal["click-up"] = "click-up"
    checkpoints: Checkpoints = Field(default_factory=Checkpoints)
    priority: Literal["realtime", "high", "normal"] | None = None
    """Priority of the packet path over other programs of the device; the best that is allowed when
    left out. Changed while it runs.
    """
    cores: tuple[Annotated[int, Field(ge=0, le=1023)], ...] = ()
    """Processors that workers run on, by number; all when left out. Changed while it runs."""
    memory: Size = 256 << 20
    """Most memory that the receive rings of a network element take, all interfaces together. Within
    that they hold a second of their link's traffic; changed while it runs, without loss.
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
"""Keys of a device: those of one of the pairs of a driver and a transport."""


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
