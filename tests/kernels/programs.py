"""The programs of this folder and their sources, all compiled with sanitizers.

`python -m tests.kernels.programs` compiles them, on all processors, before tests that wait for
one run side by side.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.layouts.migration_unit import migration_unit
from schemas.element import ElementManifest
from tests.cpp import compile_kernel, compile_program
from tests.kernels.conversation import sanitizers
from tests.kernels.items import ITEMS, OF_TWO_LAYOUTS
from tests.kernels.migrating import compile_migrations
from tests.libraries import todays_library
from tests.objects import LIBRARY
from tests.units import generate_source, layout_headers

HERE = Path(__file__).parent
WRITTEN = tuple(LIBRARY / "driver" / f"{name}.cc" for name in ("values", "quoting"))
"""Sources that turn values into text."""
OF_CLASSES = {
    "buckets": "TokenBuckets",
    "flows": "FlowTable",
    "neighbours": "NeighbourTable",
    "stations": "StationTable",
}


def compile_named(name: str, out: Path) -> Path:
    """Compile the program of this name, below the folder `out`. Raises CompilationFailed."""
    if name in OF_CLASSES:
        sources = [HERE / f"{name}.cc"]
        return compile_program(out / name, sources, [OF_CLASSES[name]], sanitizers())
    if name == "todays_migrations":
        return compile_migrations(out / name, *keeping())
    more, manifests = _kernels()[name]
    sources = [HERE / f"{name}.cc", *more]
    return compile_kernel(out / name, sources, layout_headers(manifests), sanitizers())


def names() -> list[str]:
    """Return the names of all programs, those that take longest first."""
    return ["todays_migrations", *_kernels(), *OF_CLASSES]


def keeping() -> list[ElementManifest]:
    """Return classes whose full tables keep some records in preference to others."""
    return [state for state in todays_library().states.values() if state.migrations]


def _kernels() -> dict[str, tuple[tuple[Path, ...], tuple[ElementManifest, ...]]]:
    """Return further sources and layouts of programs without the driver's runtime."""
    classes = todays_library().elements
    nat = classes["Nat"]
    migrations = generate_source("migrations/Nat.cc", migration_unit(nat))
    patterns = tuple(sorted((LIBRARY / "support" / "pattern_set").glob("*.cc")))
    return {
        "nat": ((*WRITTEN, migrations), (nat,)),
        "balance": (WRITTEN, (classes["BalanceTable"],)),
        "sessions": ((), (classes["SessionTable"],)),
        "copies": ((), (OF_TWO_LAYOUTS,)),
        "items": ((), (ITEMS,)),
        "patterns": (patterns, ()),
        "delays": ((), ()),
    }


def _compile_all() -> None:
    print(f"compiling {len(names())} programs of state tables and kernels", flush=True)
    with TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as compilers:
        list(compilers.map(lambda name: compile_named(name, Path(folder)), names()))


if __name__ == "__main__":
    _compile_all()
