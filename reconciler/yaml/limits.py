"""How much one revision may hold. Whoever reads what others wrote needs an end."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from reconciler.yaml.contents import Unread


@dataclass(frozen=True)
class Limits:
    """The most of each; messages tell them by name, and `--limit NAME=NUMBER` changes one."""

    tree_entries: int = 200_000
    """Files in the repository's tree, of whatever kind."""
    file_bytes: int = 1 << 20
    total_bytes: int = 16 << 20
    """Bytes of all YAML files together."""
    file_values: int = 100_000
    """Keys and values of a file, where an alias counts as what it stands for."""
    total_values: int = 1_000_000
    expanded_bytes: int = 32 << 20
    """Characters of all values of a file, where an alias counts as what it stands for."""
    documents: int = 2000
    """Documents of a file."""
    nesting: int = 60
    """Lists and mappings within each other."""
    digits: int = 1000
    """Digits of a number."""
    instances: int = 20_000
    """Network elements on devices that all rollouts together ask for."""
    fetch_seconds: int = 90
    """Seconds that git may take to fetch."""
    pack_bytes: int = 1 << 30
    """Bytes of the largest file that git may write into the clone."""
    read_memory: int = 2 << 30
    """Bytes of memory that reading a revision, or resolving a network element, may take."""
    read_seconds: int = 120
    """Seconds of processor time that reading a revision may take."""
    resolve_seconds: int = 20
    """Seconds of processor time that resolving a network element for a device may take."""

    def told(self, name: str) -> str:
        """Return a limit as messages tell it: `1048576 (limit file-bytes)`."""
        return f"{getattr(self, name)} (limit {name.replace('_', '-')})"

    def larger_than_a_file(self, size: int) -> Unread | None:
        """Return that a file of this size in bytes is not read, or None when it may be."""
        if size <= self.file_bytes:
            return None
        return Unread(
            f"it has {size} bytes, more than {self.told('file_bytes')}",
            "Move what is not desired state out of the folder.",
        )


DEFAULT = Limits()


def parse_limits(words: list[str]) -> Limits:
    """Return the limits with those changed that `NAME=NUMBER` names. Raises ValueError."""
    known = {field.name.replace("_", "-"): field.name for field in fields(Limits)}
    changed: dict[str, int] = {}
    for word in words:
        name, _, number = word.partition("=")
        if name not in known:
            raise ValueError(f"there is no limit {name!r}; known: {', '.join(known)}")
        if not (number.isascii() and number.isdigit()) or len(number) > 18:
            raise ValueError(
                f"{word!r} sets no number; write e.g. {name}={getattr(DEFAULT, known[name])}"
            )
        changed[known[name]] = int(number)
    return replace(DEFAULT, **changed)


class TooMuch(Exception):
    """A limit is exceeded; the text says which, and by what."""


class Spending:
    """What was read of a revision so far."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._total = 0
        self.begin_file()

    def begin_file(self) -> None:
        """Count anew what is limited by file."""
        self._values = 0
        self._characters = 0

    def value(self, characters: int, depth: int) -> None:
        """Count a key or value of so many characters, within so many others. Raises TooMuch."""
        limits = self.limits
        self._total += 1
        self._values += 1
        self._characters += characters
        if depth > limits.nesting:
            raise TooMuch(f"values lie within more than {limits.told('nesting')} others")
        if self._values > limits.file_values:
            raise TooMuch(f"more than {limits.told('file_values')} values, aliases written out")
        if self._characters > limits.expanded_bytes:
            most = limits.told("expanded_bytes")
            raise TooMuch(f"more than {most} characters, aliases written out")
        if self._total > limits.total_values:
            most = limits.told("total_values")
            raise TooMuch(f"more than {most} values in this and the files before it")
