"""Compares two element graphs: the changes and their reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.graph.element_graph import Connection, Element, Graph
from reconciler.graph.settings import default_text, normalize, settings
from schemas.element import ElementManifest
from schemas.plan import Action, Change, Reason


def diff(
    desired: Graph,
    observed: Graph,
    elements: Mapping[str, ElementManifest],
    expected: Graph | None = None,
) -> tuple[Change, ...]:
    """Return the changes that turn the observed graph into the desired one, sorted by subject.

    `elements` are the library's element classes: their manifests define default values, and which
    parameters a write handler changes live. `expected` is the graph released last: where the
    observed graph departs from it, the reason is Drifted.
    """
    changes = sorted(
        (*_elements(desired, observed, elements), *_connections(desired, observed)),
        key=lambda change: (change.subject, change.action, change.reason),
    )
    if expected is None:
        return tuple(changes)
    drifted = _subjects(expected, observed, elements)
    return tuple(_as_drift(change) if change.subject in drifted else change for change in changes)


def _subjects(
    expected: Graph, observed: Graph, elements: Mapping[str, ElementManifest]
) -> set[str]:
    return {change.subject for change in diff(expected, observed, elements)}


def _as_drift(change: Change) -> Change:
    return change.model_copy(update={"reason": Reason.DRIFTED})


def _elements(
    desired: Graph, observed: Graph, elements: Mapping[str, ElementManifest]
) -> Iterator[Change]:
    wanted, present = desired.by_name(), observed.by_name()
    for name in sorted(wanted.keys() | present.keys()):
        new, old = wanted.get(name), present.get(name)
        if new is None:
            assert old is not None
            yield _change(Action.REMOVE, Reason.ELEMENT_REMOVED, name, before=_text(old))
        elif old is None:
            yield _change(Action.ADD, Reason.ELEMENT_ADDED, name, after=_text(new))
        elif new.class_name != old.class_name:
            before, after = _text(old), _text(new)
            yield _change(Action.CHANGE, Reason.CLASS_CHANGED, name, before, after)
        else:
            yield from _parameters(new, old, elements.get(new.class_name))


def _change(
    action: Action, reason: Reason, subject: str, before: str = "", after: str = ""
) -> Change:
    return Change(action=action, reason=reason, subject=subject, before=before, after=after)


def _text(element: Element) -> str:
    arguments = f"({', '.join(element.arguments)})" if element.arguments else ""
    return f"{element.class_name}{arguments}"


def _parameters(new: Element, old: Element, manifest: ElementManifest | None) -> Iterator[Change]:
    if new.arguments == old.arguments:
        return
    if manifest is None:
        before, after = _text(old), _text(new)
        yield _change(Action.CHANGE, Reason.PARAMETER_CHANGED, new.name, before, after)
        return
    after_by, before_by = settings(new.arguments, manifest), settings(old.arguments, manifest)
    for name in sorted(after_by.keys() | before_by.keys()):
        before, after = before_by.get(name, ""), after_by.get(name, "")
        if normalize(before) == normalize(after):
            continue
        default = default_text(manifest, name)
        handler = manifest.live.get(name)
        # Without a value there is nothing to write: only a new worker can unset the parameter.
        live = handler is not None and bool(after or default)
        yield Change(
            action=Action.CHANGE,
            reason=Reason.PARAMETER_CHANGED,
            subject=f"{new.name}.{name}",
            before=before or default,
            after=after or default,
            handler=f"{new.name}.{handler}" if live else None,
        )


def _connections(desired: Graph, observed: Graph) -> Iterator[Change]:
    wanted, present = _by_output(desired), _by_output(observed)
    for output in sorted(wanted.keys() | present.keys()):
        new, old = wanted.get(output, ()), present.get(output, ())
        if new == old:
            continue
        action = Action.CHANGE if new and old else Action.ADD if new else Action.REMOVE
        before, after = ", ".join(map(str, old)), ", ".join(map(str, new))
        subject = f"{output[0]}[{output[1]}]"
        yield _change(action, Reason.CONNECTION_CHANGED, subject, before, after)


def _by_output(graph: Graph) -> dict[tuple[str, int], tuple[Connection, ...]]:
    found: dict[tuple[str, int], tuple[Connection, ...]] = {}
    for wire in graph.connections:
        output = (wire.source, wire.source_port)
        found[output] = (*found.get(output, ()), wire)
    return found
