"""A revision's objects, where they were read, and the instances that they form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from reconciler.diagnostics import Diagnostic
from reconciler.yaml.documents import Document
from reconciler.yaml.drafts import Draft
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
    draft: Draft[M_co] | None = None
    """The object without its mistakes: never run, only checked for further mistakes."""


@dataclass(frozen=True)
class Desired:
    """The desired state of one instance; `diagnostics` are those of its own files only."""

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
    """All objects of a revision, good and bad."""

    elements: Mapping[str, Entry[NetworkElement]] = field(default_factory=dict)
    devices: Mapping[str, Entry[Device]] = field(default_factory=dict)
    rollouts: Mapping[str, Entry[Rollout]] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    """Every mistake, those of instances included, in order of file and line."""
    broken: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    """Desired instances that cannot be formed, by key, and why: they are stalled, not removed."""
    unreadable: tuple[str, ...] = ()
    """Files that could not be read in part. They may hold an instance that no longer appears
    elsewhere, so nothing is removed while there are any.
    """
    uncertain: tuple[str, ...] = ()
    """Files with mistakes that hide which instances they ask for; nothing is removed while there
    are any.
    """
    wanted: tuple[Desired, ...] = ()
    nameless: Mapping[str, tuple[Entry[Any], ...]] = field(default_factory=dict)
    """Objects by kind that nothing can refer to: their name is missing or taken."""
    hinted: frozenset[str] = frozenset()
    """Names in documents that could not be read: objects of these names may exist."""

    def instances(self) -> tuple[Desired, ...]:
        """Return all instances that can be formed, sorted by key."""
        return self.wanted


def unbound_instance(
    element: Entry[NetworkElement], rollout: Draft[Rollout] | None = None
) -> Desired:
    """Return the network element on a placeholder device, to check or render it by itself.

    A rollout contributes its parameters and probes.
    """
    assert element.draft is not None
    model = element.draft.model
    released = rollout or Draft(NOWHERE, _placeholder_rollout(model.name))
    interfaces = {name: name[:15] for name in model.spec.interfaces}
    device = Device(
        api_version=API_VERSION,
        kind="Device",
        metadata=Metadata(name="unbound"),
        spec=DeviceSpec(interfaces=interfaces),
    )
    return Desired(
        key=f"unbound/{element.name}",
        element=model,
        device=device,
        rollout=released.model,
        diagnostics=element.diagnostics,
        element_document=element.draft.document,
        rollout_document=released.document,
    )


def _placeholder_rollout(element: str) -> Rollout:
    return Rollout(
        api_version=API_VERSION,
        kind="Rollout",
        metadata=Metadata(name="unbound"),
        spec=RolloutSpec(element=element, devices=DeviceSelector(names=("unbound",))),
    )
