"""Everything that is wrong with a repository, found without any device."""

from __future__ import annotations

from reconciler.diagnostics import Diagnostic, ordered
from reconciler.library import Library
from reconciler.repository import Repository, unbound
from reconciler.resolve import resolve


def check(repository: Repository, library: Library) -> tuple[Diagnostic, ...]:
    """Mistakes in shape, between objects, and within network elements that nobody releases too."""
    found = list(repository.diagnostics)
    for element in repository.elements.values():
        if element.model is not None:
            found.extend(resolve(unbound(element), library).diagnostics)
    for desired in repository.instances():
        found.extend(resolve(desired, library).diagnostics)
    return ordered(found)
