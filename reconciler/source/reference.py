"""References that an operator can follow: a branch, a tag, a range of tags, or a commit. Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from semver import Version

from reconciler.errors import RevisionNotFound

COMMIT = re.compile(r"^[0-9a-f]{40}$")
BOUND = re.compile(r"^(>=|<=|>|<|=|\^|~)?\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[\w.]+)?$")
COMPARISONS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}


class Kind(Enum):
    """How a reference selects a commit."""

    BRANCH = "branch"
    TAG = "tag"
    SEMVER = "semver"
    COMMIT = "commit"


@dataclass(frozen=True)
class Reference:
    """`name` is a branch, a tag, a 40-digit commit, or a range; `prefix` precedes the version in
    tags.
    """

    kind: Kind
    name: str
    prefix: str = ""


def parse_reference(text: str) -> Reference:
    """`main`, `branch:main`, `tag:v1`, `semver:>=1.0 <2.0`, `semver:firewall/:^1.2` (with a
    prefix), or 40 digits.

    Raises RevisionNotFound for a range that cannot be read.
    """
    kind, colon, name = text.partition(":")
    if not colon:
        return Reference(Kind.COMMIT if COMMIT.match(text) else Kind.BRANCH, text)
    if kind not in {member.value for member in Kind}:
        raise RevisionNotFound(
            f"reference {text!r}: {kind!r} is none of branch, tag, semver, commit; write e.g."
            " tag:v1.0.0"
        )
    if kind != Kind.SEMVER.value:
        return Reference(Kind(kind), name)
    prefix, separator, versions = name.rpartition(":")
    _bounds(versions)
    return Reference(Kind.SEMVER, versions, prefix if separator else "")


def newest_tag(tags: Iterable[str], reference: Reference) -> str:
    """Return the tag with the highest version (semver.org 2.0.0 precedence) within the range;
    releases only, unless a bound names a pre-release. Raises RevisionNotFound.
    """
    bounds = _bounds(reference.name)
    with_prereleases = any(version.prerelease for _, version in bounds)
    candidates = []
    for tag in tags:
        text = tag.removeprefix(reference.prefix).removeprefix("v")
        if not tag.startswith(reference.prefix) or not Version.is_valid(text):
            continue
        version = Version.parse(text)
        if version.prerelease and not with_prereleases:
            continue
        if all(COMPARISONS[comparison](version, bound) for comparison, bound in bounds):
            candidates.append((version, tag))
    if not candidates:
        what = f"{reference.prefix}{reference.name}"
        raise RevisionNotFound(
            f"no tag within {what!r}; push a tag such as {reference.prefix}1.0.0"
        )
    return max(candidates)[1]


def _bounds(text: str) -> list[tuple[str, Version]]:
    bounds: list[tuple[str, Version]] = []
    for word in re.sub(r"(>=|<=|>|<|=|\^|~)\s+", r"\1", text).replace(",", " ").split():
        if word in ("*", "x"):
            continue
        match = BOUND.match(word)
        if match is None:
            raise RevisionNotFound(
                f"range {text!r}: cannot read {word!r}; write e.g. `>=1.0.0 <2.0.0`, `^1.2` or `*`"
            )
        bounds.extend(_expand(match))
    return bounds


def _expand(match: re.Match[str]) -> list[tuple[str, Version]]:
    comparison = match[1] or ("=" if match[4] else "~")
    major, minor, patch = int(match[2]), int(match[3] or 0), int(match[4] or 0)
    low = Version(major, minor, patch, (match[5] or "").lstrip("-") or None)
    if comparison == "^":
        high = Version(major + 1) if major or not match[3] else Version(0, minor + 1)
        return [(">=", low), ("<", high)]
    if comparison == "~":
        return [(">=", low), ("<", Version(major, minor + 1) if match[3] else Version(major + 1))]
    return [(comparison, low)]
