"""Finds every mistake in a repository, without any device."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics import Diagnostic, ordered
from reconciler.library import Library
from reconciler.load.repository import Desired, Entry, Repository, unbound_instance
from reconciler.resolve.resolution import resolve
from schemas.network_element import NetworkElement
from schemas.rollout import Rollout


def check(repository: Repository, library: Library) -> tuple[Diagnostic, ...]:
    """Return mistakes in shape, between objects, and within network elements, released or not.

    Objects with mistakes are checked further without them, so that all are reported at once.
    """
    found = list(repository.diagnostics)
    for desired in _instances_to_check(repository):
        found.extend(resolve(desired, library).diagnostics)
    return ordered(found)


def _instances_to_check(repository: Repository) -> Iterator[Desired]:
    """Yield every network element by itself and as each rollout releases it.

    Mistakes that concern a device were found when the instances were formed.
    """
    nameless = repository.nameless
    for element in (*repository.elements.values(), *nameless.get("NetworkElement", ())):
        if element.draft is not None:
            yield unbound_instance(element)
    for rollout in (*repository.rollouts.values(), *nameless.get("Rollout", ())):
        released = _released(rollout, repository)
        if released is not None and released.draft is not None:
            yield unbound_instance(released, rollout.draft)


def _released(rollout: Entry[Rollout], repository: Repository) -> Entry[NetworkElement] | None:
    if rollout.draft is None or not rollout.draft.document.is_complete("spec", "element"):
        return None
    return repository.elements.get(rollout.draft.model.spec.element)
