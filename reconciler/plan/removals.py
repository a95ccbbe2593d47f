"""Whether so many instances vanish at once that it is rather a mistake. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from schemas.meta import API_GROUP

LARGEST_SHARE = 0.5
"""Share of all instances that one commit may remove."""
ALWAYS = 1
"""Instances that may be removed whatever their share."""
LABEL = f"{API_GROUP}/allow-removal"
"""With the value "true" on a device, network element or rollout as it was last applied."""


def why_not_so_many(
    applied: Mapping[str, Mapping[str, Any]], desired: Container[str]
) -> str | None:
    """Return why the instances that were applied, but are no longer desired, must not be removed;
    None when they are few, or were labelled for it.

    `applied` holds the objects of each instance as they were applied last, by kind.
    """
    gone = [key for key in sorted(applied) if key not in desired and not _labelled(applied[key])]
    if len(gone) <= max(ALWAYS, LARGEST_SHARE * len(applied)):
        return None
    named = ", ".join(gone[:5]) + (", ..." if len(gone) > 5 else "")
    return (
        f"the revision removes {len(gone)} of {len(applied)} instances at once ({named}), which is"
        " taken for a mistake; to remove them, run with --allow-removals, or have them applied with"
        f' the label {LABEL}: "true" first'
    )


def _labelled(objects: Mapping[str, Any]) -> bool:
    return any(one["metadata"].get("labels", {}).get(LABEL) == "true" for one in objects.values())
