"""The service context: the closure of element classes and support sources a pipeline needs, and
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import networkx as nx

from reconciler.errors import BuildFailed
from reconciler.library import Library

SUPPORT = "support/"


@dataclass(frozen=True)
class ServiceContext:
    """Element classes and support sources (names without the folder), both sorted."""

    classes: tuple[str, ...]
    supports: tuple[str, ...]


def service_context(classes: Iterable[str], library: Library) -> ServiceContext:
    """Return the closure of `classes` over the manifests' `requires`.

    Raises BuildFailed naming the chain of requirements that leads to a class or support that the
    library lacks.
    """
    requirements: nx.DiGraph[str] = nx.DiGraph()
    waiting = sorted(set(classes))
    requirements.add_nodes_from(waiting)
    roots = tuple(waiting)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        needed = _requires(name, library)
        if needed is None:
            raise BuildFailed(_missing(name, roots, requirements, library))
        requirements.add_edges_from((name, other) for other in needed)
        waiting.extend(needed)
    return ServiceContext(
        classes=tuple(sorted(n for n in seen if not n.startswith(SUPPORT))),
        supports=tuple(sorted(n.removeprefix(SUPPORT) for n in seen if n.startswith(SUPPORT))),
    )


def _requires(name: str, library: Library) -> tuple[str, ...] | None:
    if name.startswith(SUPPORT):
        support = library.supports.get(name.removeprefix(SUPPORT))
        return None if support is None else tuple(support.requires)
    element = library.elements.get(name)
    return None if element is None else tuple(element.requires)


def _missing(
    name: str, roots: tuple[str, ...], requirements: nx.DiGraph[str], library: Library
) -> str:
    root = next(root for root in roots if nx.has_path(requirements, root, name))
    chain = " requires ".join(nx.shortest_path(requirements, root, name))
    known = (
        [SUPPORT + n for n in library.supports] if name.startswith(SUPPORT) else library.elements
    )
    close = get_close_matches(name, list(known), n=1)
    what = "support source" if name.startswith(SUPPORT) else "element class"
    advice = f"did you mean {close[0]}?" if close else f"add its folder under {library.root}"
    return f"no {what} {name} in the element library (needed because: {chain}); {advice}"
