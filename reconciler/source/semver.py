"""Ranges of versions, as Flux and Helm read them (Masterminds/semver 3). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from semver import Version

from reconciler.errors import RevisionNotFound

_PART = r"0|[1-9]\d*|[xX*]"
_BOUND = re.compile(
    rf"(?P<comparison>>=|=>|<=|=<|!=|>|<|=|\^|~>|~)?\s*v?(?P<major>{_PART})"
    rf"(?:\.(?P<minor>{_PART}))?(?:\.(?P<patch>{_PART}))?"
    r"(?:-(?P<prerelease>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?(?:[\s,]+|$)"
)
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")
_LONGEST = 200

Parts = tuple[int, ...]
"""Major, minor and patch of a version, or the first of them."""


@dataclass(frozen=True)
class Bound:
    """One comparison; `given` counts how many of major, minor and patch it names."""

    comparison: str
    version: Version
    given: int

    @property
    def parts(self) -> Parts:
        """The parts that it names."""
        return _parts(self.version)[: self.given]

    def admits(self, version: Version) -> bool:
        """Tell whether a version is within; pre-releases only when the bound names one."""
        if version.prerelease and not self.version.prerelease:
            return False
        return _COMPARISONS[self.comparison](self, version)


def parse_range(text: str) -> tuple[tuple[Bound, ...], ...]:
    """Return alternatives (`||`) of bounds that all hold. Raises RevisionNotFound."""
    if len(text) > _LONGEST:
        raise RevisionNotFound(f"a range of {len(text)} characters; at most {_LONGEST} are read")
    parts = text.split("||")
    if len(parts) > 1 and not all(map(str.strip, parts)):
        raise RevisionNotFound(f"range {text!r}: write a range on both sides of ||")
    return tuple(_bounds(text, part) for part in parts)


def within(version: Version, alternatives: tuple[tuple[Bound, ...], ...]) -> bool:
    """Tell whether a version is in a range."""
    return any(all(bound.admits(version) for bound in bounds) for bounds in alternatives)


def _bounds(text: str, part: str) -> tuple[Bound, ...]:
    rest = _HYPHEN.sub(r">=\1 <=\2", part.strip())
    bounds: list[Bound] = []
    while rest:
        match = _BOUND.match(rest)
        if match is None:
            raise RevisionNotFound(
                f"range {text!r}: cannot read {rest!r}; write e.g. `>=1.0.0 <2.0.0`, `^1.2`,"
                " `1.2.x` or `*`"
            )
        bound = _bound(match)
        if bound.comparison == "*" and match["comparison"] not in (None, "=", ">="):
            raise RevisionNotFound(f"range {text!r}: nothing compares with {match['major']!r}")
        bounds.append(bound)
        rest = rest[match.end() :]
    return tuple(bounds) or (Bound("*", Version(0), 0),)


def _bound(match: re.Match[str]) -> Bound:
    parts = [match["major"], match["minor"], match["patch"]]
    given = next((n for n, part in enumerate(parts) if part is None or part in "xX*"), 3)
    major, minor, patch = [int(part) for part in parts[:given]] + [0] * (3 - given)
    version = Version(major, minor, patch, match["prerelease"])
    comparison = {"=>": ">=", "=<": "<=", "~>": "~"}.get(match["comparison"], match["comparison"])
    if given == 0:
        comparison = "*"
    elif comparison in (None, "="):
        comparison = "=" if given == 3 else "~"
    return Bound(comparison, version, given)


def _parts(version: Version) -> Parts:
    return version.major, version.minor, version.patch


def _same(bound: Bound, version: Version, parts: int) -> bool:
    """Tell whether a version is not below the bound and equal in its first parts."""
    return version >= bound.version and _parts(version)[:parts] == _parts(bound.version)[:parts]


def _equal(bound: Bound, version: Version) -> bool:
    if bound.given == 3:
        return version == bound.version
    return _parts(version)[: bound.given] == bound.parts


def _tilde(bound: Bound, version: Version) -> bool:
    if bound.version == Version(0) and bound.given == 3:
        return True  # as Masterminds/semver has it
    return _same(bound, version, min(bound.given, 2))


def _caret(bound: Bound, version: Version) -> bool:
    leading = next((n for n, part in enumerate(_parts(bound.version)) if part), 2)
    return _same(bound, version, min(leading + 1, bound.given))


def _above(bound: Bound, version: Version) -> bool:
    if bound.given == 3:
        return version > bound.version
    return _parts(version)[: bound.given] > bound.parts


def _at_most(bound: Bound, version: Version) -> bool:
    if bound.given == 3:
        return version <= bound.version
    return _parts(version)[: bound.given] <= bound.parts


_COMPARISONS: dict[str, Callable[[Bound, Version], bool]] = {
    "*": lambda bound, version: True,
    "=": lambda bound, version: version == bound.version,
    "!=": lambda bound, version: not _equal(bound, version),
    ">": _above,
    ">=": lambda bound, version: version >= bound.version,
    "<": lambda bound, version: version < bound.version,
    "<=": _at_most,
    "^": _caret,
    "~": _tilde,
}
