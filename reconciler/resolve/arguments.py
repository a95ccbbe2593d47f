"""Checks the arguments of atoms and states (`with:`) against their manifests."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from reconciler.diagnostics import Diagnostic, alike, closest, did_you_mean
from reconciler.graph.click_lexer import is_one_argument
from reconciler.library.values import UnknownParameter, mismatch, substitute
from reconciler.load.repository import Desired
from reconciler.resolve.argument_texts import Mistake, atom_text, element_text, mistakes_in
from reconciler.yaml.documents import Document, Path
from schemas.atom import AtomManifest, AtomParameter, AtomParameterType
from schemas.element import ElementManifest, ElementParameter

Texts = dict[str, str | tuple[str, ...]]
"""Parameter -> Click text, or one text for each entry of a list."""


@dataclass(frozen=True)
class Bound:
    """An atom's arguments: their texts, and the names of outputs that some of them list."""

    texts: Texts
    names: Mapping[str, tuple[str, ...]]
    widths: Mapping[str, int]
    """Output -> number of the element's ports behind it, where it is not one."""
    open: bool = False
    """Whether it may have further outputs, because a list of them has mistakes."""


_NAMING = (AtomParameterType.CLASSES, AtomParameterType.NAMES, AtomParameterType.ROUTES)


@dataclass
class Binding:
    """Converts the arguments of one instance's atoms and states into Click text."""

    desired: Desired
    diagnostics: list[Diagnostic]
    state_classes: Container[str]
    """All classes that a state may have; an unknown one is reported where it is used."""

    @property
    def document(self) -> Document:
        """The document of the network element."""
        return self.desired.element_document

    @property
    def parameters(self) -> dict[str, Any]:
        """The network element's parameters, with those overrides of the rollout that fit."""
        defaults = self.desired.element.spec.parameters
        overrides = self.desired.rollout.spec.parameters
        fitting = {
            name: value
            for name, value in overrides.items()
            if name in defaults and not mismatch(value, defaults[name])
        }
        return {**defaults, **fitting}

    def atom(self, name: str, manifest: AtomManifest) -> Bound:
        """Return an atom's arguments, as far as they are right."""
        given = self.desired.element.spec.atoms[name].with_
        path: Path = ("spec", "atoms", name)
        values = self._values(path, manifest.atom, given, manifest.parameters)
        texts: Texts = {}
        for key, parameter in manifest.parameters.items():
            value = values.get(key, parameter.default)
            if value is not None:
                self._read(path, key, partial(self._text, parameter, value), texts)
        naming = _name_parameters(manifest)
        names = {key: _output_names(values.get(key)) for key in naming}
        texts.update((f"{key}_outputs", " ".join(listed)) for key, listed in names.items())
        self._check_distinct(path, manifest, names)
        return Bound(texts, names, _widths(manifest, values), not all(names.values()))

    def _check_distinct(
        self, path: Path, manifest: AtomManifest, names: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Report outputs of the same name."""
        taken = {name for name, output in manifest.ports.outputs.items() if not output.each}
        for key, listed in names.items():
            for name in listed:
                if name in taken:
                    detail = f"{key}: {path[-1]} already has an output {name!r}"
                    self._report((*path, "with", key), "Name used twice", detail, "Rename it.")
                taken.add(name)

    def state(self, name: str, manifest: ElementManifest) -> tuple[str, ...]:
        """Return the configuration arguments of a state's element."""
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
                if not self._certainly_absent("parameters", unknown.name):
                    continue
                detail = f"${unknown.name} is not a parameter of {self.desired.element.name}"
                hint = did_you_mean(unknown.name, self.parameters)
                self._report((*path, "with", key), "Unknown parameter", detail, hint)
        slips = {closest(key, declared) for key in given if key not in declared}
        for key, parameter in declared.items():
            if not self.document.is_complete(*path, "with", key) or key in slips:
                continue
            if parameter.required and given.get(key) is None:
                detail = f"{path[-1]} is a {class_name} and needs {key!r}: {parameter.summary}"
                self._report(path, "Missing parameter", detail, "Add it under with.", key=True)
        return values

    def _certainly_absent(self, section: str, name: object) -> bool:
        """Tell whether a name is certainly absent from a section, rather than lost to a mistake
        there.
        """
        gaps = self.document.doubtful_names("spec", section)
        return self.document.is_complete("spec", section) and not alike(str(name), gaps)

    def _read(
        self, path: Path, key: str, read: Callable[[], str | tuple[str, ...]], texts: Texts
    ) -> None:
        try:
            texts[key] = _checked(read())
        except* Mistake as group:
            for mistake in mistakes_in(group):
                place = (*path, "with", key, *mistake.path)
                self._report(place, "Invalid value", f"{key}: {mistake}", mistake.hint)

    def _report(
        self, path: Path, summary: str, detail: str, hint: str, *, key: bool = False
    ) -> None:
        place = self.document.key_at(*path) if key else self.document.at(*path)
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
            if not self._certainly_absent("interfaces", value):
                return str(value)
            raise Mistake(
                f"{value!r} is not one of spec.interfaces", did_you_mean(str(value), logical)
            )
        # A device that does not bind it has been reported at the device.
        return str(self.desired.device.spec.interfaces.get(value, value))

    def _state(self, parameter: AtomParameter, value: Any) -> str:
        states = self.desired.element.spec.states
        if (
            isinstance(value, str)
            and value not in states
            and not self._certainly_absent("states", value)
        ):
            return value
        if not isinstance(value, str) or value not in states:
            raise Mistake(f"{value!r} is not one of spec.states", did_you_mean(str(value), states))
        given = states[value].use
        if given in self.state_classes and parameter.state_class not in (None, given):
            raise Mistake(f"{value} is a {given}, a {parameter.state_class} is needed")
        return value


def _checked(read: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """Return texts that stay one argument each in Click language. Raises Mistake for another: it
    would become elements or arguments that nobody reviewed.
    """
    if not isinstance(read, str):
        return tuple(_one_argument(text) for text in read)
    return _one_argument(read) if read else read


def _one_argument(text: str) -> str:
    if not text.strip():
        raise Mistake("a text without a word in it")
    if not is_one_argument(text):
        hint = "Leave out quotes, comments, and parentheses that do not match."
        raise Mistake(f"{text!r} is not one argument in Click's language", hint)
    return text.strip()


def _output_names(value: Any) -> tuple[str, ...]:
    """Return the names of outputs, even invalid ones, since a flow may use them."""
    entries = value if isinstance(value, (Mapping, list, tuple)) else ()
    return tuple(entry for entry in entries if isinstance(entry, str))


def _widths(manifest: AtomManifest, values: Mapping[str, Any]) -> dict[str, int]:
    """Return how many patterns each class has that is a list of them: each has a port."""
    return {
        name: len(given)
        for key, parameter in manifest.parameters.items()
        if parameter.type is AtomParameterType.CLASSES and isinstance(values.get(key), Mapping)
        for name, given in values[key].items()
        if isinstance(given, (list, tuple))
    }


def _name_parameters(manifest: AtomManifest) -> list[str]:
    return [key for key, parameter in manifest.parameters.items() if parameter.type in _NAMING]
