"""Checks what rollouts refer to, and the interfaces that devices must bind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.diagnostics import Diagnostic, alike, closest, did_you_mean
from reconciler.library.values import mismatch, value_type
from reconciler.load.repository import Entry, Repository
from reconciler.yaml.drafts import Draft
from schemas.device import Device
from schemas.network_element import Keep, NetworkElement
from schemas.rollout import DeviceSelector, Rollout

MOST_HINTS = 20
"""Unknown names of one rollout that get a hint: to look for one takes long among many."""


def selects(selector: DeviceSelector, device: Entry[Device]) -> bool:
    """Tell whether a selector matches a device."""
    if selector.names:
        return device.name in selector.names
    metadata = device.document.value["metadata"]
    labels = metadata.get("labels")
    return isinstance(labels, dict) and selector.match_labels.items() <= labels.items()


def rollout_mistakes(rollout: Entry[Rollout], repository: Repository) -> Iterator[Diagnostic]:
    """Yield the wrong references of a rollout. Names that unreadable files may define
    are accepted.
    """
    if rollout.draft is None:
        return
    yield from _device_mistakes(rollout.draft, repository)
    if not rollout.draft.document.is_complete("spec", "element"):
        return
    name = rollout.draft.model.spec.element
    element = repository.elements.get(name)
    if element is not None and element.draft is not None:
        yield from _parameter_mistakes(rollout.draft, element.draft)
        yield from _keep_mistakes(rollout.draft, element.draft)
    elif element is None and name not in repository.hinted:
        place = rollout.document.at("spec", "element")
        detail = f"no NetworkElement is called {name!r}"
        hint = did_you_mean(name, repository.elements)
        yield Diagnostic.at(place, "Unknown network element", detail, hint)


def _device_mistakes(rollout: Draft[Rollout], repository: Repository) -> Iterator[Diagnostic]:
    document, selector = rollout.document, rollout.model.spec.devices
    if not document.is_complete("spec", "devices"):
        return
    devices = repository.devices
    unknown = 0
    for index, name in enumerate(selector.names):
        if name not in devices and name not in repository.hinted:
            place = document.at("spec", "devices", "names", index)
            unknown += 1
            hint = did_you_mean(name, devices) if unknown <= MOST_HINTS else ""
            yield Diagnostic.at(place, "Unknown device", f"no Device is called {name!r}", hint)
    told = not repository.unreadable and all(map(_labels_known, devices.values()))
    chosen = any(selects(selector, entry) for entry in devices.values())
    if selector.match_labels and told and not chosen:
        drafts = (entry.draft for entry in devices.values())
        labels = [draft.model.metadata.labels for draft in drafts if draft is not None]
        hint = _selector_hint(selector.match_labels, labels)
        if hint:
            place = document.key_at("spec", "devices", "matchLabels")
            detail = "no device has all these labels"
            yield Diagnostic.at(place, "Rollout without devices", detail, hint)


def _selector_hint(wanted: Mapping[str, str], labels: Iterable[Mapping[str, str]]) -> str:
    """Return what a selector without devices probably meant; "" when matching devices
    may yet come.
    """
    values: dict[str, set[str]] = {}
    for given in labels:
        for key, value in given.items():
            values.setdefault(key, set()).add(value)
    for key, value in wanted.items():
        known = values.get(key)
        if known is None and closest(key, values):
            return did_you_mean(key, values)
        if known is not None and value not in known and closest(value, known):
            return did_you_mean(value, known)
    if all(value in values.get(key, ()) for key, value in wanted.items()):
        return "Label a device, or correct the selector."
    return ""


def _labels_known(device: Entry[Device]) -> bool:
    return device.draft is not None and device.draft.document.is_certain("metadata", "labels")


def _parameter_mistakes(
    rollout: Draft[Rollout], element: Draft[NetworkElement]
) -> Iterator[Diagnostic]:
    defaults = element.model.spec.parameters
    doubtful = element.document.doubtful_names("spec", "parameters")
    if not element.document.is_complete("spec", "parameters"):
        return
    for name, value in rollout.model.spec.parameters.items():
        default = defaults.get(name)
        if alike(name, doubtful):
            continue
        if default is None:
            place = rollout.document.key_at("spec", "parameters", name)
            detail = f"{element.model.name} has no parameter {name!r}"
            hint = did_you_mean(name, defaults)
            yield Diagnostic.at(place, "Unknown parameter", detail, hint)
        elif mismatch(value, default):
            place = rollout.document.at("spec", "parameters", name)
            wanted = f"{element.model.name} has {value_type(default)} there"
            detail = f"{name} is {value_type(value)}, {wanted}"
            yield Diagnostic.at(place, "Wrong type", detail, f"Its default is {default!r}.")


def _keep_mistakes(rollout: Draft[Rollout], element: Draft[NetworkElement]) -> Iterator[Diagnostic]:
    states = element.model.spec.states
    if not element.document.is_complete("spec", "states"):
        return
    known = states.keys() | element.document.doubtful_names("spec", "states")
    for name, keep in rollout.model.spec.keep.items():
        # A state that a new version removes is named once more, to allow its loss.
        if not alike(name, known) and keep is Keep.REQUIRED:
            place = rollout.document.key_at("spec", "keep", name)
            detail = f"{element.model.name} has no state {name!r}"
            hint = did_you_mean(name, states)
            yield Diagnostic.at(place, "Unknown state", detail, hint)


def binding_mistakes(
    element: Draft[NetworkElement] | None, device: Draft[Device] | None
) -> Iterator[Diagnostic]:
    """Yield the interfaces that the network element uses and the device does not bind
    one to one.
    """
    if element is None or device is None:
        return
    document = device.document
    doubtful = document.doubtful_names("spec", "interfaces")
    bound: dict[str, str] = {}
    for logical in dict.fromkeys(element.model.spec.interfaces):
        physical = device.model.spec.interfaces.get(logical)
        if physical is not None and bound.setdefault(physical, logical) != logical:
            name = element.model.name
            detail = f"{bound[physical]!r} and {logical!r} of {name} are both {physical}"
            place = document.at("spec", "interfaces", logical)
            hint = "Give each logical interface its own."
            yield Diagnostic.at(place, "Interface bound twice", detail, hint)
        elif (
            physical is None
            and logical not in doubtful
            and document.is_complete("spec", "interfaces")
        ):
            detail = (
                f"{device.model.name} does not bind {logical!r}, which {element.model.name} uses"
            )
            place = document.key_at("spec", "interfaces")
            hint = f"Add `{logical}: INTERFACE` under spec.interfaces."
            yield Diagnostic.at(place, "Interface not bound", detail, hint)
