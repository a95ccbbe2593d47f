"""Checks what objects say of each other, and forms the instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydantic import ValidationError

from reconciler.diagnostics import Diagnostic, did_you_mean, ordered
from reconciler.library import Library
from reconciler.repository import Desired, Entry, Repository
from reconciler.values import kind_of, mismatch
from reconciler.yaml_source import Document
from schemas.device import Device
from schemas.network_element import Keep, NetworkElement
from schemas.rollout import DeviceSelector, Rollout


def form_instances(repository: Repository, library: Library) -> Repository:
    """The repository with its instances, and the mistakes between objects added."""
    forming = _Forming(repository)
    for rollout in repository.rollouts.values():
        forming.add(rollout)
    forming.check_interfaces_shared()
    return replace(
        repository,
        wanted=tuple(forming.wanted[key] for key in sorted(forming.wanted)),
        broken=dict(sorted(forming.broken.items())),
        diagnostics=ordered((*repository.diagnostics, *forming.diagnostics)),
    )


class _Forming:
    """Goes through the rollouts and collects instances, good and broken."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.wanted: dict[str, Desired] = {}
        self.broken: dict[str, tuple[Diagnostic, ...]] = {}
        self.diagnostics: list[Diagnostic] = []
        self.owners: dict[str, Entry[Rollout]] = {}

    def add(self, rollout: Entry[Rollout]) -> None:
        """All instances of one rollout."""
        element_name = _text_at(rollout.document, "spec", "element")
        element = self.repository.elements.get(element_name)
        mistakes = list(self._element_mistakes(rollout, element_name))
        if rollout.model is not None and element is not None and element.model is not None:
            mistakes += _override_mistakes(rollout.document, rollout.model, element.model)
        devices = self._devices(rollout, mistakes)
        self.diagnostics.extend(mistakes)
        for device in devices:
            key = f"{device.name}/{element_name}"
            own = (*rollout.diagnostics, *mistakes, *device.diagnostics)
            if element is None:
                self.broken[key] = ordered(own)
            else:
                self._instance(key, rollout, element, device, own)

    def _element_mistakes(self, rollout: Entry[Rollout], name: str) -> Iterator[Diagnostic]:
        if name and name not in self.repository.elements:
            place = rollout.document.at("spec", "element")
            detail = f"no NetworkElement is called {name!r}"
            hint = did_you_mean(name, self.repository.elements)
            yield Diagnostic.at(place, "Unknown network element", detail, hint)

    def _devices(self, rollout: Entry[Rollout], mistakes: list[Diagnostic]) -> list[Entry[Device]]:
        selector = _selector(rollout.document)
        if selector is None:
            return []
        devices = self.repository.devices
        for index, name in enumerate(selector.names):
            if name not in devices:
                place = rollout.document.at("spec", "devices", "names", index)
                hint = did_you_mean(name, devices)
                detail = f"no Device is called {name!r}"
                mistakes.append(Diagnostic.at(place, "Unknown device", detail, hint))
        chosen = [entry for entry in devices.values() if _selects(selector, entry)]
        if not chosen and selector.match_labels and not self.repository.unreadable:
            place = rollout.document.key_at("spec", "devices", "matchLabels")
            hint = "Label a device, or correct the selector."
            detail = "no device has all these labels"
            mistakes.append(Diagnostic.at(place, "Rollout without devices", detail, hint))
        return sorted(chosen, key=lambda entry: entry.name)

    def _instance(
        self,
        key: str,
        rollout: Entry[Rollout],
        element: Entry[NetworkElement],
        device: Entry[Device],
        own: tuple[Diagnostic, ...],
    ) -> None:
        own = (*own, *element.diagnostics)
        other = self.owners.setdefault(key, rollout)
        if other is not rollout:
            self._claimed_twice(key, rollout, other)
            return
        if element.model is None or device.model is None or rollout.model is None:
            self.broken[key] = ordered(own)
            return
        unbound = list(_binding_mistakes(element.model, device.document, device.model))
        self.diagnostics.extend(unbound)
        self.wanted[key] = Desired(
            key=key,
            element=element.model,
            device=device.model,
            rollout=rollout.model,
            diagnostics=ordered((*own, *unbound)),
            element_document=element.document,
            device_document=device.document,
            rollout_document=rollout.document,
        )

    def _claimed_twice(self, key: str, rollout: Entry[Rollout], other: Entry[Rollout]) -> None:
        detail = f"{key} is already released by rollout {other.name} in {other.document.file}"
        place = rollout.document.key_at("spec", "devices")
        hint = "Narrow one of the two selectors."
        twice = Diagnostic.at(place, "Instance released twice", detail, hint)
        self.diagnostics.append(twice)
        if key in self.wanted:
            first = self.wanted[key]
            both = ordered((*first.diagnostics, twice))
            self.wanted[key] = replace(first, diagnostics=both)

    def check_interfaces_shared(self) -> None:
        """Two instances on one device may not use the same interface."""
        users: dict[tuple[str, str], str] = {}
        for key, desired in sorted(self.wanted.items()):
            for logical in desired.element.spec.interfaces:
                physical = desired.device.spec.interfaces.get(logical)
                if physical is None:
                    continue
                first = users.setdefault((desired.device.name, physical), key)
                if first != key:
                    self._interface_taken(desired, physical, first)

    def _interface_taken(self, desired: Desired, physical: str, first: str) -> None:
        place = desired.rollout_document.key_at("spec", "element")
        detail = f"{desired.key} wants {physical}, which {first} uses already"
        hint = "Bind other interfaces, or release only one of the two there."
        taken = Diagnostic.at(place, "Interface used twice", detail, hint)
        self.diagnostics.append(taken)
        both = ordered((*desired.diagnostics, taken))
        self.wanted[desired.key] = replace(desired, diagnostics=both)


def _selector(document: Document) -> DeviceSelector | None:
    spec = document.value.get("spec")
    try:
        return DeviceSelector.model_validate(spec["devices"] if isinstance(spec, dict) else None)
    except (ValidationError, KeyError):
        return None  # its shape was reported when it was read


def _selects(selector: DeviceSelector, device: Entry[Device]) -> bool:
    if selector.names:
        return device.name in selector.names
    metadata = device.document.value["metadata"]
    labels = metadata.get("labels")
    return isinstance(labels, dict) and selector.match_labels.items() <= labels.items()


def _text_at(document: Document, *path: str) -> str:
    value = document.value
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _binding_mistakes(
    element: NetworkElement, document: Document, device: Device
) -> Iterator[Diagnostic]:
    bound: dict[str, str] = {}
    for logical in element.spec.interfaces:
        physical = device.spec.interfaces.get(logical)
        if physical is None:
            detail = f"{device.name} does not bind {logical!r}, which {element.name} uses"
            place = document.key_at("spec", "interfaces")
            hint = f"Add `{logical}: INTERFACE` under spec.interfaces."
            yield Diagnostic.at(place, "Interface not bound", detail, hint)
        elif bound.setdefault(physical, logical) != logical:
            detail = f"{bound[physical]!r} and {logical!r} of {element.name} are both {physical}"
            place = document.at("spec", "interfaces", logical)
            hint = "Give each logical interface its own."
            yield Diagnostic.at(place, "Interface bound twice", detail, hint)


def _override_mistakes(
    document: Document, rollout: Rollout, element: NetworkElement
) -> Iterator[Diagnostic]:
    for name, value in rollout.spec.parameters.items():
        default = element.spec.parameters.get(name)
        if default is None:
            place = document.key_at("spec", "parameters", name)
            detail = f"{element.name} has no parameter {name!r}"
            hint = did_you_mean(name, element.spec.parameters)
            yield Diagnostic.at(place, "Unknown parameter", detail, hint)
        elif mismatch(value, default):
            place = document.at("spec", "parameters", name)
            detail = f"{name} is {kind_of(value)}, {element.name} has {kind_of(default)} there"
            yield Diagnostic.at(place, "Wrong type", detail, f"Its default is {default!r}.")
    for name, keep in rollout.spec.keep.items():
        # A state that a new version gives up is named once more, to say that it may be lost.
        if name not in element.spec.states and keep is Keep.REQUIRED:
            place = document.key_at("spec", "keep", name)
            detail = f"{element.name} has no state {name!r}"
            hint = did_you_mean(name, element.spec.states)
            yield Diagnostic.at(place, "Unknown state", detail, hint)
