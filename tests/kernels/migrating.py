"""Runs the generated migrations of a class on single records."""

from __future__ import annotations

from pathlib import Path

from reconciler.layouts import layout_header, struct_name
from reconciler.migration_unit import migration_unit
from schemas.element import ElementManifest
from tests.kernels.conversation import Conversation, compile_kernel
from tests.records import Record, pack, unpack


class Migrations:
    """Those of the first table of a class."""

    def __init__(self, manifest: ElementManifest, program: Conversation) -> None:
        self.table = manifest.states[0]
        self.layouts = {layout.version: layout for layout in self.table.layouts}
        self._program = program

    def convert(self, first: int, last: int, record: Record) -> Record:
        data = pack(self.layouts[first], record)
        answer = self._program.ask(f"{first}-{last}", data.hex())
        return unpack(self.layouts[last], bytes.fromhex(answer))

    def round_trip(self, first: int, last: int, record: Record) -> Record:
        return self.convert(last, first, self.convert(first, last, record))

    def assured(self, version: int, record: Record) -> bool:
        data = pack(self.layouts[version], record)
        return self._program.ask(f"assured-{version}", data.hex()) == "kept"


def compile_migrations(manifest: ElementManifest, out: Path, header: str = "") -> Path:
    """A program with every migration of the class; `header` is its hand-written part, where the
    library has none.
    """
    name = manifest.class_name
    unit = out / "migrations" / f"{name}.cc"
    unit.parent.mkdir(parents=True)
    unit.write_text(migration_unit(manifest))
    if header:
        own = out / "elements" / name / str(manifest.migrations)
        own.parent.mkdir(parents=True)
        own.write_text(header)
    main = out / "converting.cc"
    main.write_text(_main(manifest))
    return compile_kernel(main, {f"{name}.layout.hh": layout_header(manifest)}, out)


def _main(manifest: ElementManifest) -> str:
    table = manifest.states[0]
    structs = {layout.version: struct_name(table, layout) for layout in table.layouts}
    lines = [
        f'    {{"{first}-{last}", converted<{structs[first]}, {structs[last]},'
        f" {table.table}_{first}_to_{last}>}},"
        for first in structs
        for last in structs
    ]
    lines += [
        f'    {{"assured-{version}", kept<{struct}, {table.table}_assured_{version}>}},'
        for version, struct in structs.items()
    ]
    return "\n".join([
        f'#include "migrations/{manifest.class_name}.cc"',
        '#include "kernels/migrations.hh"',
        "int main() {",
        "  using namespace clickup;",
        "  return run_commands({", *lines, "  });",
        "}", "",
    ])  # fmt: skip
