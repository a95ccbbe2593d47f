"""Record layouts of state tables, and how records move from one layout to another. Pure.

Belongs here: sizes, hashes, rules, generated C++. Does not belong here: records themselves
(checkpoints). Read in this order: layout, migration, rules, records, migration_unit.
"""

from reconciler.layouts.layout import (
    key_size,
    layout_descriptor,
    layout_hash,
    layout_header,
    layout_size,
    place_fields,
    struct_name,
)

__all__ = [
    "key_size",
    "layout_descriptor",
    "layout_hash",
    "layout_header",
    "layout_size",
    "place_fields",
    "struct_name",
]
