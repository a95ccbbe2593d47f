"""Forms the instances of a repository: a network element on a device, as a rollout asks for."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from reconciler.diagnostics import Diagnostic, ordered
from reconciler.load.repository import Desired, Entry, Repository
from reconciler.load.rollout_checks import binding_mistakes, rollout_mistakes, selects
from reconciler.yaml.documents import Document
from reconciler.yaml.drafts import Draft
from reconciler.yaml.limits import Limits
from schemas.device import Device
from schemas.network_element import NetworkElement
from schemas.rollout import DeviceSelector, Rollout

MOST_NAMED = 5
"""Devices that a message names."""


def form_instances(repository: Repository, limits: Limits) -> Repository:
    """Return the repository with its instances, and with the mistakes found between objects."""
    forming = _Forming(repository, limits)
    for rollout in repository.rollouts.values():
        forming.add(rollout)
    forming.check_interfaces_shared()
    forming.check_directories_shared()
    for nameless in repository.nameless.get("Rollout", ()):
        forming.diagnostics.extend(rollout_mistakes(nameless, repository))
    return replace(
        repository,
        wanted=tuple(forming.wanted[key] for key in sorted(forming.wanted)),
        broken=dict(sorted(forming.broken.items())),
        diagnostics=ordered((*repository.diagnostics, *forming.diagnostics)),
        uncertain=tuple(sorted({*forming.uncertain, *_files_of_doubtful_objects(repository)})),
    )


@dataclass(frozen=True)
class _Use:
    """A network element that a rollout puts on a device, as far as the documents tell."""

    rollout: Entry[Rollout]
    element: Draft[NetworkElement] | None
    device: Draft[Device] | None

    def interfaces(self) -> Iterator[tuple[str, str]]:
        """Yield each interface that is used, with the network that it is in."""
        if self.element is None or self.device is None:
            return
        bound = self.device.model.spec.interfaces
        for logical in self.element.model.spec.interfaces:
            if logical in bound:
                yield self.device.model.spec.network, bound[logical]


class _Forming:
    """Goes through the rollouts and collects instances, good and broken."""

    def __init__(self, repository: Repository, limits: Limits) -> None:
        self.repository = repository
        self.limits = limits
        self.uncertain: set[str] = set()
        """Files with rollouts whose instances are not all formed."""
        self.keys: set[str] = set()
        self.wanted: dict[str, Desired] = {}
        self.broken: dict[str, tuple[Diagnostic, ...]] = {}
        self.diagnostics: list[Diagnostic] = []
        self.uses: dict[str, _Use] = {}
        self.owners: dict[str, Entry[Rollout]] = {}

    def add(self, rollout: Entry[Rollout]) -> None:
        """Add all instances of a rollout."""
        element_name = _text_at(rollout.document, "spec", "element")
        element = self.repository.elements.get(element_name)
        mistakes = tuple(rollout_mistakes(rollout, self.repository))
        self.diagnostics.extend(mistakes)
        selector = _selector(rollout.document)
        if (
            element is None
            or selector is None
            or not self.repository.devices.keys() >= set(selector.names)
        ):
            # A name that nothing has may be misspelt: the instance that it means has no key then.
            self.uncertain.add(rollout.document.file)
        if not element_name or selector is None:
            return
        for device in self._devices(selector):
            key = f"{device.name}/{element_name}"
            self.keys.add(key)
            if len(self.keys) > self.limits.instances:
                self._report_too_many(rollout)
                return
            own = (*rollout.diagnostics, *mistakes, *device.diagnostics)
            if element is None:
                self.broken[key] = ordered(own)
            else:
                self._instance(key, rollout, element, device, own)

    def _devices(self, selector: DeviceSelector) -> list[Entry[Device]]:
        devices = self.repository.devices.values()
        return sorted(
            (entry for entry in devices if selects(selector, entry)), key=lambda entry: entry.name
        )

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
            self._report_released_twice(key, rollout, other)
            return
        unbound = tuple(binding_mistakes(element.draft, device.draft))
        self.diagnostics.extend(unbound)
        self.uses[key] = _Use(rollout, element.draft, device.draft)
        if element.model is None or device.model is None or rollout.model is None:
            self.broken[key] = ordered((*own, *unbound))
            return
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

    def _report_too_many(self, rollout: Entry[Rollout]) -> None:
        self.uncertain.add(rollout.document.file)
        place = rollout.document.key_at("spec", "devices")
        detail = f"all rollouts together ask for more than {self.limits.told('instances')}"
        hint = "Narrow the selectors, or raise the limit."
        self.diagnostics.append(Diagnostic.at(place, "Too many instances", detail, hint))

    def _report_released_twice(
        self, key: str, rollout: Entry[Rollout], other: Entry[Rollout]
    ) -> None:
        detail = f"{key} is already released by rollout {other.name} in {other.document.file}"
        place = rollout.document.key_at("spec", "devices")
        hint = "Narrow one of the two selectors."
        self._report(key, Diagnostic.at(place, "Instance released twice", detail, hint))

    def check_interfaces_shared(self) -> None:
        """Report interfaces that two instances use, of one device or of two in one network."""
        users: dict[tuple[str, str], str] = {}
        # Broken instances come last, so that they never take an interface from a good one.
        for key in sorted(self.uses, key=lambda key: (key not in self.wanted, key)):
            for device, physical in self.uses[key].interfaces():
                first = users.setdefault((device, physical), key)
                if first != key:
                    self._report_interface_used_twice(key, physical, first)

    def check_directories_shared(self) -> None:
        """Report directories that several devices have: each would take the other's supervisor for
        its own.
        """
        owners: dict[str, list[Entry[Device]]] = {}
        for entry in self.repository.devices.values():
            directory = entry.draft and entry.draft.model.spec.directory
            if directory:
                owners.setdefault(posixpath.normpath(directory), []).append(entry)
        shared = {path: devices for path, devices in owners.items() if len(devices) > 1}
        keys: dict[str, list[str]] = {}
        for key in self.wanted if shared else ():
            keys.setdefault(key.partition("/")[0], []).append(key)
        for directory, devices in shared.items():
            for entry in devices:
                self._report_directory_shared(entry, directory, devices, keys)

    def _report_directory_shared(
        self,
        entry: Entry[Device],
        directory: str,
        devices: list[Entry[Device]],
        keys: Mapping[str, list[str]],
    ) -> None:
        named = [one.name for one in devices[:MOST_NAMED] if one is not entry]
        others = ", ".join(named) + (", ..." if len(devices) > MOST_NAMED else "")
        detail = f"{directory} of {entry.name} is also the directory of {others}"
        place = entry.document.at("spec", "directory")
        mistake = Diagnostic.at(place, "Directory used twice", detail, "Give each its own.")
        self.diagnostics.append(mistake)
        for key in keys.get(entry.name, ()):
            self._report(key, mistake)

    def _report_interface_used_twice(self, key: str, physical: str, first: str) -> None:
        place = self.uses[key].rollout.document.key_at("spec", "element")
        detail = f"{key} wants {physical}, which {first} uses already"
        hint = "Bind other interfaces, or release only one of the two there."
        self._report(key, Diagnostic.at(place, "Interface used twice", detail, hint))

    def _report(self, key: str, mistake: Diagnostic) -> None:
        """Add a mistake to all diagnostics and to those of the instance, if it is wanted."""
        self.diagnostics.append(mistake)
        if key in self.wanted:
            desired = self.wanted[key]
            both = ordered((*desired.diagnostics, mistake))
            self.wanted[key] = replace(desired, diagnostics=both)


def _files_of_doubtful_objects(repository: Repository) -> Iterator[str]:
    """Yield the files of objects that nothing can refer to, and of devices with mistakes in their
    metadata: a rollout might mean them.
    """
    for entries in repository.nameless.values():
        yield from (entry.document.file for entry in entries)
    for entry in repository.devices.values():
        if entry.draft is None or not entry.draft.document.is_certain("metadata"):
            yield entry.document.file


def _selector(document: Document) -> DeviceSelector | None:
    spec = document.value.get("spec")
    try:
        return DeviceSelector.model_validate(spec["devices"] if isinstance(spec, dict) else None)
    except (ValidationError, KeyError):
        return None  # reported when it was read


def _text_at(document: Document, *path: str) -> str:
    value = document.value
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
