"""What a revision says: objects, where they were read, and the instances they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from reconciler.diagnostics import Diagnostic
from reconciler.yaml_source import Document
from schemas.device import Device, DeviceSpec
from schemas.meta import API_VERSION, Metadata, Model
from schemas.network_element import NetworkElement
from schemas.rollout import DeviceSelector, Rollout, RolloutSpec

M_co = TypeVar("M_co", bound=Model, covariant=True)

NOWHERE = Document("", {})


@dataclass(frozen=True)
class Entry(Generic[M_co]):
    """One object of the repository; `model` is None when its shape is wrong."""

    name: str
    document: Document
    model: M_co | None
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Desired:
    """What is wanted of one instance; `diagnostics` are those of its own files only."""

    key: str
    """device/element"""
    element: NetworkElement
    device: Device
    rollout: Rollout
    diagnostics: tuple[Diagnostic, ...] = ()
    element_document: Document = NOWHERE
    device_document: Document = NOWHERE
    rollout_document: Document = NOWHERE


@dataclass(frozen=True)
class Repository:
    """Everything a revision says, good and bad."""

    elements: Mapping[str, Entry[NetworkElement]] = field(default_factory=dict)
    devices: Mapping[str, Entry[Device]] = field(default_factory=dict)
    rollouts: Mapping[str, Entry[Rollout]] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    """Every mistake, those of instances included, in order of file and line."""
    broken: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    """Instances that are wanted but cannot be formed, by key, and why: stalled, not removed."""
    unreadable: tuple[str, ...] = ()
    """Files of which some part could not be read. An instance that nobody mentions any more may
    be in there, so nothing is removed while this is not empty."""
    wanted: tuple[Desired, ...] = ()

    def instances(self) -> tuple[Desired, ...]:
        """All instances that can be formed, by key."""
        return self.wanted


def unbound(element: Entry[NetworkElement]) -> Desired:
    """The network element on a device made up for it: to check or render it by itself."""
    assert element.model is not None
    spec = element.model.spec
    interfaces = {name: name[:15] for name in spec.interfaces}
    device = Device(
        api_version=API_VERSION,
        kind="Device",
        metadata=Metadata(name="unbound"),
        spec=DeviceSpec(interfaces=interfaces),
    )
    rollout = Rollout(
        api_version=API_VERSION,
        kind="Rollout",
        metadata=Metadata(name="unbound"),
        spec=RolloutSpec(element=element.name, devices=DeviceSelector(names=("unbound",))),
    )
    return Desired(
        key=f"unbound/{element.name}",
        element=element.model,
        device=device,
        rollout=rollout,
        diagnostics=element.diagnostics,
        element_document=element.document,
    )
