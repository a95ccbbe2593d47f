"""The newest desired state as one value, from which every new pass works. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.diagnostics import Diagnostic, ordered
from reconciler.load.files import load
from reconciler.load.repository import Desired, Repository
from reconciler.yaml.contents import Contents
from reconciler.yaml.limits import Limits


@dataclass(frozen=True)
class DesiredState:
    """A revision (`main@sha1:...`), its repository, and a digest for each instance,
    good or broken.
    """

    revision: str
    repository: Repository
    digests: dict[str, str] = field(init=False)
    _desired: dict[str, Desired] = field(init=False)

    def __post_init__(self) -> None:
        instances = {desired.key: desired for desired in self.repository.instances()}
        digests = {key: desired_digest(desired) for key, desired in instances.items()}
        for key, diagnostics in self.repository.broken.items():
            digests[key] = _digest(*map(str, diagnostics))
        object.__setattr__(self, "_desired", instances)
        object.__setattr__(self, "digests", digests)

    def desired(self, key: str) -> Desired | None:
        """Return what is desired of an instance; None when it is broken or not desired."""
        return self._desired.get(key)

    def broken(self, key: str) -> tuple[Diagnostic, ...]:
        """Return why a desired instance cannot be formed: its own mistakes, and those of unreadable
        files, which may hold what it lacks.
        """
        own = self.repository.broken.get(key, ())
        if not own:
            return ()
        unreadable = self.repository.unreadable
        others = tuple(one for one in self.repository.diagnostics if one.file in unreadable)
        return ordered((*own, *others))

    def why_not_remove(self) -> str | None:
        """Return why instances missing from the repository must not be removed, or None."""
        if self.repository.unreadable:
            files = ", ".join(sorted(self.repository.unreadable))
            return f"it may be in {files}, which cannot be read; see `click-up validate`"
        if self.repository.uncertain:
            files = ", ".join(sorted(self.repository.uncertain))
            return f"mistakes in {files} hide what is asked for there; see `click-up validate`"
        if not self.digests:
            return (
                "the revision holds no instance at all, which is taken for a mistake (a wrong"
                " --path, an emptied branch); to retire the last one, stop its"
                " supervisor (`kill` the process that its supervisor.pid names)"
            )
        return None


def read_desired_state(
    revision: str, files: Mapping[str, Contents], limits: Limits
) -> DesiredState:
    """Return the desired state that the files of a revision, given by path, hold."""
    return DesiredState(revision, load(files, limits))


def desired_digest(desired: Desired) -> str:
    """Return a digest of everything that decides what runs on an instance and how it gets there."""
    return _digest(
        desired.element.model_dump_json(),
        desired.device.model_dump_json(),
        desired.rollout.model_dump_json(),
        *map(str, desired.diagnostics),
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
