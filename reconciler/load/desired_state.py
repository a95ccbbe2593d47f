"""The newest desired state as one value: what every pass that starts now works from. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from reconciler.diagnostics import Diagnostic, ordered
from reconciler.load.repository import Desired, Repository


@dataclass(frozen=True)
class DesiredState:
    """A revision (`main@sha1:...`), what it says, and a digest for each instance it speaks of."""

    revision: str
    repository: Repository
    digests: dict[str, str] = field(init=False)
    _wanted: dict[str, Desired] = field(init=False)

    def __post_init__(self) -> None:
        wanted = {desired.key: desired for desired in self.repository.instances()}
        digests = {key: desired_digest(desired) for key, desired in wanted.items()}
        for key, diagnostics in self.repository.broken.items():
            digests[key] = _digest(*map(str, diagnostics))
        object.__setattr__(self, "_wanted", wanted)
        object.__setattr__(self, "digests", digests)

    def wanted(self, key: str) -> Desired | None:
        """What is wanted of an instance, None when it is broken or not wanted at all."""
        return self._wanted.get(key)

    def broken(self, key: str) -> tuple[Diagnostic, ...]:
        """Why an instance that is wanted cannot be formed: its own mistakes, and those of files
        that cannot be read, where what it misses may be.
        """
        own = self.repository.broken.get(key, ())
        if not own:
            return ()
        unreadable = self.repository.unreadable
        others = tuple(one for one in self.repository.diagnostics if one.file in unreadable)
        return ordered((*own, *others))

    def why_not_remove(self) -> str | None:
        """Why an instance that nobody mentions must not be taken for gone; None when it is."""
        if self.repository.unreadable:
            files = ", ".join(sorted(self.repository.unreadable))
            return f"it may be in {files}, which cannot be read; see `click-up validate`"
        if not self.digests:
            return (
                "the revision holds no instance at all, which is taken for a mistake (a wrong"
                " --path, an emptied branch); to retire the last one, stop its"
                " supervisor (`kill` the process that its supervisor.pid names)"
            )
        return None


def desired_digest(desired: Desired) -> str:
    """Changes with everything that decides what runs on an instance and how it gets there."""
    return _digest(
        desired.element.model_dump_json(),
        desired.device.model_dump_json(),
        desired.rollout.model_dump_json(),
        *map(str, desired.diagnostics),
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
