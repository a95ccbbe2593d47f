"""release.json: where a release came from, and which records its driver can read and carry."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from schemas.network_element import Keep


class _Recorded(BaseModel):
    # Written by one version of click-up and read by another: what it does not know it passes over.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class LayoutRecord(_Recorded):
    """A layout that the release's driver knows, in terms that do not change with ours."""

    version: int
    hash: str
    """16 hex digits."""
    descriptor: str
    """As it lies in the table's memory."""
    renames: dict[str, str] = Field(default_factory=dict)
    """Field -> its name in the layout before."""
    drops: tuple[str, ...] = ()
    converts: tuple[str, ...] = ()


class TableRecord(_Recorded):
    """A table of a state: what the release writes, and every layout that its driver can carry."""

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
    """The whole release.json; one that somebody staged by hand may say nothing."""

    release: str = ""
    artifact: str = ""
    revision: str = ""
    element: str = ""
    version: str = ""
    classes: tuple[str, ...] = ()
    states: dict[str, StateRecord] = Field(default_factory=dict)

    def table(self, name: str) -> TableRecord | None:
        """The table called STATE/TABLE."""
        state, _, table = name.partition("/")
        found = self.states.get(state)
        return None if found is None else found.tables.get(table)
