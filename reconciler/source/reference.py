"""References that an operator can follow: a branch, a tag, a range of tags, or a commit. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from semver import Version

from reconciler.errors import RevisionNotFound
from reconciler.source.semver import parse_range, within

COMMIT = re.compile(r"^([0-9a-f]{40}|[0-9a-f]{64})\Z")
_NO_NAME = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/.]|/\.|\.lock(/|\Z)|[./]\Z|^@\Z")


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
    prefix), or 40 or 64 digits.

    Raises RevisionNotFound for a range that cannot be read.
    """
    kind, colon, name = text.partition(":")
    if not colon:
        _check_name(text, text)
        return Reference(Kind.COMMIT if COMMIT.match(text) else Kind.BRANCH, text)
    if kind not in {member.value for member in Kind}:
        raise RevisionNotFound(
            f"reference {text!r}: {kind!r} is none of branch, tag, semver, commit; write e.g."
            " tag:v1.0.0"
        )
    if kind != Kind.SEMVER.value:
        _check_name(text, name)
        if kind == Kind.COMMIT.value and not COMMIT.match(name):
            raise RevisionNotFound(f"reference {text!r}: write all 40 or 64 digits of the commit")
        return Reference(Kind(kind), name)
    prefix, separator, versions = name.rpartition(":")
    parse_range(versions)
    _check_name(text, f"{prefix}1.0.0")
    return Reference(Kind.SEMVER, versions, prefix if separator else "")


def newest_tag(tags: Iterable[str], reference: Reference) -> str:
    """Return the tag with the highest version (semver.org 2.0.0 precedence) within the range.

    Raises RevisionNotFound.
    """
    alternatives = parse_range(reference.name)
    candidates = []
    for tag in tags:
        text = tag.removeprefix(reference.prefix).removeprefix("v")
        if tag.startswith(reference.prefix) and Version.is_valid(text):
            version = Version.parse(text)
            if within(version, alternatives):
                candidates.append((version, tag))
    if not candidates:
        what = f"{reference.prefix}{reference.name}"
        raise RevisionNotFound(
            f"no tag within {what!r}; push a tag such as {reference.prefix}1.0.0"
        )
    return max(candidates)[1]


def _check_name(text: str, name: str) -> None:
    """Refuse what no reference of git is called: it would be read as something else.

    As git-check-ref-format(1).
    """
    if not name or _NO_NAME.search(name):
        raise RevisionNotFound(
            f"reference {text!r}: {name!r} is not the name of a branch or tag; write e.g. main or"
            " tag:v1.0.0"
        )
