"""The layouts in release.json, read by any other version."""

from __future__ import annotations

from reconciler.layouts.migration import migration_path
from reconciler.layouts.records import layout_records, table_of
from reconciler.observe.targets import read_record
from schemas.release import ReleaseRecord
from tests.reconciler.layouts.tables import KEY, field, manifest

ITEMS = manifest(
    [KEY, field("a", "u8"), field("b")],
    {"drops": ["b"], "fields": [KEY, field("c", "u16", renamed_from="a")]},
).states[0]


def test_the_way_between_recorded_layouts_is_the_same() -> None:
    layouts = layout_records(ITEMS)
    known = table_of("items", layouts)
    assert known is not None
    ends = (layouts[1].hash, layouts[0].hash)
    assert str(migration_path(known, *ends)) == str(migration_path(ITEMS, *ends))


def test_layouts_that_mean_something_else_here_are_left_out() -> None:
    first, second = layout_records(ITEMS)
    torn = first.model_copy(update={"descriptor": first.descriptor[:-5]})
    other = second.model_copy(update={"hash": "0" * 16})
    assert table_of("items", [torn, other]) is None
    known = table_of("items", [torn, second])
    assert known is not None and [layout.version for layout in known.layouts] == [2]


def test_a_record_of_any_version_is_read() -> None:
    newer = (
        '{"release": "a", "colour": 1, "states": {"s": {"class": "S", "size": 2, "tables": {}}}}'
    )
    assert read_record(newer).states["s"].class_name == "S"
    older = '{"release": "a", "states": {"s": {"class": "S", "layouts": {"t": "0"}}}}'
    assert read_record(older).table("s/t") is None
    for unreadable in (None, "", "{}", "[]", "no json"):
        assert read_record(unreadable) == ReleaseRecord()
