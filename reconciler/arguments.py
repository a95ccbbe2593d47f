"""What atoms and states are given (`with:`), checked against what their manifests declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from reconciler.argument_texts import Mistake, atom_text, element_text
from reconciler.diagnostics import Diagnostic, did_you_mean
from reconciler.repository import Desired
from reconciler.values import UnknownParameter, substitute
from reconciler.yaml_source import Path
from schemas.atom import AtomManifest, AtomParameter, AtomParameterType
from schemas.element import ElementManifest, ElementParameter

Texts = dict[str, str | tuple[str, ...]]
"""Parameter -> Click text, or one text for each entry of a list."""


@dataclass(frozen=True)
class Bound:
    """An atom's arguments: their texts, and the names of outputs that some of them list."""

    texts: Texts
    names: Mapping[str, tuple[str, ...]]


_NAMING = (AtomParameterType.CLASSES, AtomParameterType.NAMES)


@dataclass
class Binding:
    """Turns the arguments of one instance's atoms and states into Click text."""

    desired: Desired
    diagnostics: list[Diagnostic]

    @property
    def parameters(self) -> dict[str, Any]:
        """The network element's parameters with the rollout's overrides."""
        return {**self.desired.element.spec.parameters, **self.desired.rollout.spec.parameters}

    def atom(self, name: str, manifest: AtomManifest) -> Bound | None:
        """An atom's arguments; None after a mistake."""
        before = len(self.diagnostics)
        given = self.desired.element.spec.atoms[name].with_
        path: Path = ("spec", "atoms", name)
        values = self._values(path, manifest.atom, given, manifest.parameters)
        texts: Texts = {}
        for key, parameter in manifest.parameters.items():
            value = values.get(key, parameter.default)
            if value is not None:
                self._read(path, key, partial(self._text, parameter, value), texts)
        if len(self.diagnostics) > before:
            return None
        names = {key: tuple(values[key]) for key in _naming(manifest) if key in values}
        return Bound(texts, names) if self._distinct(path, manifest, names) else None

    def _distinct(
        self, path: Path, manifest: AtomManifest, names: Mapping[str, tuple[str, ...]]
    ) -> bool:
        """Whether no two outputs have the same name."""
        taken = {name for name, output in manifest.ports.outputs.items() if not output.each}
        before = len(self.diagnostics)
        for key, listed in names.items():
            for name in listed:
                if name in taken:
                    detail = f"{key}: {path[-1]} already has an output {name!r}"
                    self._report((*path, "with", key), "Name used twice", detail, "Rename it.")
                taken.add(name)
        return len(self.diagnostics) == before

    def state(self, name: str, manifest: ElementManifest) -> tuple[str, ...]:
        """Configuration arguments of a state's element."""
        given = self.desired.element.spec.states[name].with_
        path: Path = ("spec", "states", name)
        declared = {parameter.name.lower(): parameter for parameter in manifest.parameters}
        values = self._values(path, manifest.class_name, given, declared)
        texts: Texts = {}
        for key, parameter in declared.items():
            value = values.get(key)
            if value is not None:
                self._read(path, key, partial(element_text, parameter, value), texts)
        return tuple(
            str(texts[key]) if parameter.positional else f"{parameter.name} {texts[key]}"
            for key, parameter in declared.items()
            if key in texts
        )

    def _values(
        self,
        path: Path,
        class_name: str,
        given: Mapping[str, Any],
        declared: Mapping[str, AtomParameter] | Mapping[str, ElementParameter],
    ) -> dict[str, Any]:
        values = {}
        for key, value in given.items():
            if key not in declared:
                detail = f"{class_name} has no parameter {key!r}"
                hint = did_you_mean(key, declared)
                self._report((*path, "with", key), "Unknown parameter", detail, hint, key=True)
                continue
            try:
                values[key] = substitute(value, self.parameters)
            except UnknownParameter as unknown:
                detail = f"${unknown.name} is not a parameter of {self.desired.element.name}"
                hint = did_you_mean(unknown.name, self.parameters)
                self._report((*path, "with", key), "Unknown parameter", detail, hint)
        for key, parameter in declared.items():
            if parameter.required and given.get(key) is None:
                detail = f"{path[-1]} is a {class_name} and needs {key!r}: {parameter.summary}"
                self._report(path, "Missing parameter", detail, "Add it under with.", key=True)
        return values

    def _read(
        self, path: Path, key: str, read: Callable[[], str | tuple[str, ...]], texts: Texts
    ) -> None:
        try:
            texts[key] = read()
        except Mistake as mistake:
            place = (*path, "with", key, *mistake.path)
            self._report(place, "Invalid value", f"{key}: {mistake}", mistake.hint)

    def _report(
        self, path: Path, summary: str, detail: str, hint: str, *, key: bool = False
    ) -> None:
        document = self.desired.element_document
        place = document.key_at(*path) if key else document.at(*path)
        self.diagnostics.append(Diagnostic.at(place, summary, detail, hint))

    def _text(self, parameter: AtomParameter, value: Any) -> str | tuple[str, ...]:
        if parameter.type is AtomParameterType.INTERFACE:
            return self._interface(value)
        if parameter.type is AtomParameterType.STATE:
            return self._state(parameter, value)
        return atom_text(parameter, value)

    def _interface(self, value: Any) -> str:
        logical = self.desired.element.spec.interfaces
        if value not in logical:
            raise Mistake(
                f"{value!r} is not one of spec.interfaces", did_you_mean(str(value), logical)
            )
        # A device that does not bind it was reported where the device is written.
        return str(self.desired.device.spec.interfaces.get(value, value))

    def _state(self, parameter: AtomParameter, value: Any) -> str:
        states = self.desired.element.spec.states
        if not isinstance(value, str) or value not in states:
            raise Mistake(f"{value!r} is not one of spec.states", did_you_mean(str(value), states))
        if parameter.state_class not in (None, states[value].use):
            raise Mistake(f"{value} is a {states[value].use}, a {parameter.state_class} is needed")
        return value


def _naming(manifest: AtomManifest) -> list[str]:
    return [key for key, parameter in manifest.parameters.items() if parameter.type in _NAMING]
