"""release.json: the origin of a release, and which records its driver can read and migrate."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from schemas.network_element import Keep


class _Recorded(BaseModel):
    # Written by one version of click-up and read by another: unknown keys are ignored.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class LayoutRecord(_Recorded):
    """A layout that the release's driver knows, in terms that do not change between versions."""

    version: int
    hash: str
    """16 hex digits."""
    descriptor: str
    """As stored in the table's memory."""
    renames: dict[str, str] = Field(default_factory=dict)
    """Field -> its name in the previous layout."""
    drops: tuple[str, ...] = ()
    converts: tuple[str, ...] = ()


class TableRecord(_Recorded):
    """A table of a state: the layout that the release writes, and every layout that its driver can
    migrate.
    """

    layout: str
    """Hash of the layout that the release writes."""
    capacity: int | None = None
    carries: tuple[LayoutRecord, ...] = ()


class StateRecord(_Recorded):
    """A state of the release."""

    class_name: str = Field(alias="class")
    keep: Keep = Keep.REQUIRED
    tables: dict[str, TableRecord] = Field(default_factory=dict)


class ReleaseRecord(_Recorded):
    """The whole release.json; it may be empty for a release staged by hand."""

    release: str = ""
    artifact: str = ""
    revision: str = ""
    element: str = ""
    version: str = ""
    classes: tuple[str, ...] = ()
    states: dict[str, StateRecord] = Field(default_factory=dict)

    def table(self, name: str) -> TableRecord | None:
        """Return the table called STATE/TABLE, or None."""
        state, _, table = name.partition("/")
        found = self.states.get(state)
        return None if found is None else found.tables.get(table)
