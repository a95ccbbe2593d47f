"""kind: Device - where a release runs and how it is reached."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from schemas.meta import GraphName, Metadata, Model

_INTERFACE = re.compile(r"[^\s/:,()]{1,15}")
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


class DeviceSpec(Model):
    """How to reach the device, and what it has."""

    driver: Literal["click-up"] = "click-up"
    transport: Literal["local"] = "local"
    platform: Literal["linux/amd64", "linux/arm64"] = "linux/amd64"
    netns: Annotated[str, AfterValidator(_netns)] | None = None
    """Network namespace in which the driver runs: a name or an absolute path."""
    directory: Annotated[str, AfterValidator(_absolute)] | None = None
    """Where supervisor and releases live on the device; chosen by the reconciler when left out."""
    interfaces: dict[GraphName, InterfaceName] = Field(default_factory=dict)
    """Logical interface of a network element -> network interface of this device."""


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
