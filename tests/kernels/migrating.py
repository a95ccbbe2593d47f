"""Runs the generated migrations of classes on single records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from reconciler.layouts import struct_name
from reconciler.layouts.migration_unit import migration_unit
from schemas.element import ElementManifest
from schemas.layout import StateTable
from tests.cpp import compile_kernel
from tests.kernels.conversation import Conversation, sanitizers
from tests.objects import digest_of
from tests.records import Record, pack, unpack
from tests.units import generate_source, layout_headers

UNUSED = "state_table/migration.hh"
NOT_REGISTERED = """
#pragma once
#include <cstdint>
#include <cstring>
namespace clickup {
template <class From, class To, void (*)(const From&, To&), bool (*)(const To&)>
struct StateMigrationOf {};
}
"""
"""Disables copies of whole tables, which are not tested here and take long to compile."""


class Migrations:
    """The migrations of the first table of a class."""

    def __init__(self, manifest: ElementManifest, program: Conversation) -> None:
        self.table = manifest.states[0]
        self.layouts = {layout.version: layout for layout in self.table.layouts}
        self._program = program

    def convert(self, first: int, last: int, record: Record) -> Record:
        data = pack(self.layouts[first], record)
        answer = self._program.ask(f"{self.table.table}-{first}-{last}", data.hex())
        return unpack(self.layouts[last], bytes.fromhex(answer))

    def round_trip(self, first: int, last: int, record: Record) -> Record:
        return self.convert(last, first, self.convert(first, last, record))

    def assured(self, version: int, record: Record) -> bool:
        data = pack(self.layouts[version], record)
        return self._program.ask(f"{self.table.table}-assured-{version}", data.hex()) == "kept"


def compile_migrations(out: Path, *manifests: ElementManifest, header: str = "") -> Path:
    """Compile a program with every migration of the classes to `out`; `header` is the hand-written
    part for a class that is not in the library.
    """
    headers = layout_headers(manifests) | {UNUSED: NOT_REGISTERED}
    for manifest in manifests:
        headers[f"migrations/{manifest.class_name}.cc"] = migration_unit(manifest)
    if header:
        headers[f"elements/{manifests[0].class_name}/{manifests[0].migrations}"] = header
    main = _main(manifests)
    source = generate_source(f"converting-{digest_of([main])}.cc", main)
    return compile_kernel(out, [source], headers, sanitizers())


def _main(manifests: Sequence[ElementManifest]) -> str:
    return "\n".join([
        *(f'#include "migrations/{manifest.class_name}.cc"' for manifest in manifests),
        '#include "kernels/migrations.hh"',
        "int main() {",
        "  using namespace clickup;",
        "  return run_commands({",
        *(line for manifest in manifests for line in _commands(manifest.states[0])),
        "  });",
        "}", "",
    ])  # fmt: skip


def _commands(table: StateTable) -> Iterator[str]:
    structs = {layout.version: struct_name(table, layout) for layout in table.layouts}
    for first, last in product(structs, structs):
        function = f"{table.table}_{first}_to_{last}"
        types = f"{structs[first]}, {structs[last]}, {function}"
        yield f'    {{"{table.table}-{first}-{last}", converted<{types}>}},'
    for version, struct in structs.items():
        function = f"{table.table}_assured_{version}"
        yield f'    {{"{table.table}-assured-{version}", kept<{struct}, {function}>}},'
