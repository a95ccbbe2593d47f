"""Compiles drivers and C++ test programs.

`python -m tests.cpp` compiles what most of them share, on all processors, before tests that wait
for it run side by side.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.objects import (
    CACHE,
    LIBRARY,
    compile_flags,
    compiled,
    compiler,
    digest_of,
    linker_flags,
    run_compiler,
)
from tests.units import class_sources, programs_own, runtime, together, write_once


def compile_driver(
    out: Path,
    classes: Iterable[str],
    sanitize: str | None = None,
    sources: Iterable[Path] = (),
    library: Path = LIBRARY,
    protocol: int | None = None,
) -> Path:
    """Link a driver of these element classes of `library` and what they require, and of private
    `sources`; the runtime is always today's, but may speak a `protocol` of another version.

    Returns `out`. Raises CompilationFailed.
    """
    speaking = [*programs_own("driver"), *together("shared")]
    elements = class_sources(classes, library, sanitize)
    return _link(out, [*sources, *elements, *runtime()], sanitize, speaking, protocol)


def compile_program(
    out: Path,
    sources: Iterable[Path],
    classes: Iterable[str] = (),
    sanitize: str | None = None,
    library: Path = LIBRARY,
) -> Path:
    """Link a program whose main() is in `sources` with the worker runtime and element classes of
    `library`.

    Returns `out`. Raises CompilationFailed.
    """
    elements = class_sources(classes, library, sanitize)
    return _link(out, [*sources, *elements, *runtime(), *together("shared")], sanitize)


def compile_supervisor(out: Path, sanitize: str | None = None, protocol: int | None = None) -> Path:
    """Link the supervisor, or one that speaks a `protocol` of another version. Returns `out`.
    Raises CompilationFailed.
    """
    return _link(out, [], sanitize, [*together("supervisor"), *together("shared")], protocol)


def compile_kernel(
    out: Path,
    sources: Iterable[Path],
    headers: Mapping[str, str],
    sanitize: str | None = None,
    library: Path = LIBRARY,
) -> Path:
    """Link a program of nothing but its `sources`, which may include generated `headers` by name:
    these come before any of the library.

    Returns `out`. Raises CompilationFailed.
    """
    folder = CACHE / "headers" / digest_of([part for pair in headers.items() for part in pair])
    for name, text in headers.items():
        write_once(folder / name, text)
    flags = [*compile_flags(sanitize), f"-I{folder}"]
    return _link_objects(out, compiled(sources, flags, library), flags)


def compile_shared() -> None:
    """Compile driver, supervisor and all element classes. Raises CompilationFailed."""
    classes = [path.name for path in (LIBRARY / "elements").iterdir()]
    driver = [*runtime(), *programs_own("driver")]
    sources = [*class_sources(classes, LIBRARY, None), *driver]
    sources += [*together("shared"), *together("supervisor")]
    print(f"compiling {len(sources)} sources that most tests share", flush=True)
    compiled(sources, compile_flags(None))


def generate_layouts() -> None:
    """Write the layout headers of all element classes."""
    names = [path.name for path in (LIBRARY / "elements").iterdir()]
    class_sources(names, LIBRARY, None)


def _link(
    out: Path,
    sources: list[Path],
    sanitize: str | None,
    speaking: Sequence[Path] = (),
    protocol: int | None = None,
) -> Path:
    flags = compile_flags(sanitize)
    version = [] if protocol is None else [f"-DCLICKUP_PROTOCOL={protocol}"]
    objects = [*compiled(sources, flags), *compiled(speaking, [*flags, *version])]
    return _link_objects(out, objects, flags)


def _link_objects(out: Path, objects: Sequence[Path], flags: Sequence[str]) -> Path:
    name = digest_of([str(path) for path in objects])
    program = CACHE / "programs" / name
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_suffix(f".{os.getpid()}")
        how = [*linker_flags(), "-pthread", "-o", str(unfinished)]
        run_compiler([*compiler(), *flags, *map(str, objects), *how])
        unfinished.replace(program)
    out.unlink(missing_ok=True)
    shutil.copy2(program, out)
    return out


if __name__ == "__main__":
    compile_shared()
