"""Builds drivers and the supervisor into a cache that several reconcilers may share."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.build.compiler import COMPILE_FLAGS, Compiler, find_compiler
from reconciler.build.context import ServiceContext, service_context
from reconciler.build.digests import digest_of
from reconciler.build.lock import locked
from reconciler.build.ninja import Commands, Edge, Progress, ninja_text, run_ninja
from reconciler.build.precompiled import MEANWHILE, StandardHeaders, standard_headers
from reconciler.build.tidying import remove_unused, stamp, stamp_program
from reconciler.build.units import (
    Unit,
    driver_units,
    fingerprint,
    generated_files,
    supervisor_files,
    supervisor_units,
)
from reconciler.library import Library


@dataclass(frozen=True)
class Artifact:
    """A driver named by the digest of what it was built from; `classes_compiled` were not in the
    cache before.
    """

    digest: str
    driver: Path
    classes_compiled: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Program:
    """A program: the `path` to link it at, and its units."""

    path: Path
    units: tuple[Unit, ...]


class Builder:
    """Builds with one library and one compiler, so for one platform, into one cache. Methods may
    run concurrently; a lock file serialises the builds of all processes.
    """

    def __init__(
        self,
        cache: Path,
        library: Library,
        compiler: Compiler | None = None,
        jobs: int | None = None,
    ) -> None:
        """`jobs` run in parallel, by default one per processor. The compiler, by default this
        machine's, is looked for when first needed.
        """
        self._cache = cache.absolute()
        self._library = library
        self._found = compiler
        self._jobs = jobs or len(os.sched_getaffinity(0))
        self._known: dict[ServiceContext, tuple[int, tuple[Unit, ...]]] = {}
        self._others: dict[str, Builder] = {}

    def for_platform(self, platform: str) -> Builder:
        """Return the builder for `platform` with the same cache. Starts the compiler to identify
        it. Raises CompilerMissing.
        """
        if platform == self._compiler.platform:
            return self
        if platform not in self._others:
            compiler = find_compiler(platform)
            self._others[platform] = Builder(self._cache, self._library, compiler, self._jobs)
        return self._others[platform]

    async def build(
        self,
        classes: Collection[str],
        progress: Progress | None = None,
        with_supervisor: bool = False,
    ) -> Artifact:
        """Build the minimal driver for `classes` and what they require and, on request, the
        supervisor. Raises BuildFailed, CompilerMissing.
        """
        started = time.monotonic()
        context = service_context(classes, self._library)
        units = await asyncio.to_thread(self._driver_units, context)
        digest = self._digest(units)
        driver = Program(self._driver(digest), units)
        stamp_program(driver.path, map(self._object, units))
        programs = [driver, *([await self._supervisor_program()] if with_supervisor else [])]
        absent = [program for program in programs if not program.path.exists()]
        compiled: tuple[str, ...] = ()
        if absent:
            async with locked(self._cache):
                compiled = self._absent_classes(units) if driver in absent else ()
                await self._make(absent, generated_files(context, self._library), progress)
        return Artifact(digest, driver.path, compiled, time.monotonic() - started)

    async def supervisor(self, progress: Progress | None = None) -> Path:
        """Build the supervisor; return its path. Raises BuildFailed, CompilerMissing."""
        program = await self._supervisor_program()
        if not program.path.exists():
            async with locked(self._cache):
                await self._make([program], {}, progress)
        return program.path

    async def _supervisor_program(self) -> Program:
        units = await asyncio.to_thread(self._supervisor_units)
        return Program(self._supervisor(units), units)

    def missing(self, classes: Collection[str]) -> tuple[str, ...]:
        """Return the element classes that a build for `classes` would compile; builds nothing."""
        return self._absent_classes(self._driver_units(service_context(classes, self._library)))

    def artifact_digest(self, classes: Collection[str]) -> str:
        """Return the digest that a build for `classes` will have; mark what exists as in use."""
        units = self._driver_units(service_context(classes, self._library))
        digest = self._digest(units)
        stamp_program(self._driver(digest), map(self._object, units))
        return digest

    def generated(self, classes: Collection[str]) -> Path:
        """Write absent layout headers of `classes`; return the include folder with all of them."""
        context = service_context(classes, self._library)
        return self._write_generated(generated_files(context, self._library))

    @property
    def _compiler(self) -> Compiler:
        if self._found is None:
            self._found = find_compiler()
        return self._found

    def _driver_units(self, context: ServiceContext) -> tuple[Unit, ...]:
        # Called in every pass for every instance: reading all sources each time would be slow.
        sources = fingerprint(self._library.root)
        known = self._known.get(context)
        if known is None or known[0] != sources:
            units = driver_units(context, self._library, self._compiler)
            known = self._known[context] = (sources, units)
        return known[1]

    def _supervisor_units(self) -> tuple[Unit, ...]:
        return supervisor_units(self._library, self._compiler)

    def _digest(self, units: Sequence[Unit]) -> str:
        return digest_of((*self._compiler.link_flags, *(unit.key for unit in units)))

    def _driver(self, digest: str) -> Path:
        return self._cache / "artifacts" / digest / "driver"

    def _supervisor(self, units: Sequence[Unit]) -> Path:
        return self._cache / "supervisors" / self._digest(units) / "supervisor"

    def _object(self, unit: Unit) -> Path:
        return self._cache / "objects" / unit.key[:2] / f"{unit.key}.o"

    def _absent_classes(self, units: Sequence[Unit]) -> tuple[str, ...]:
        return tuple(
            unit.element_class
            for unit in units
            if unit.element_class is not None and not self._object(unit).exists()
        )

    async def _make(
        self,
        programs: Sequence[Program],
        generated: Mapping[str, str],
        progress: Progress | None,
    ) -> None:
        files = {**generated, **supervisor_files(self._library)}
        include = await asyncio.to_thread(self._write_generated, files)
        headers = standard_headers(self._cache, self._compiler)
        units = {unit.key: unit for program in programs for unit in program.units}
        absent = [unit for unit in units.values() if not self._object(unit).exists()]
        await asyncio.to_thread(headers.prepare, self._compiler, len(absent))
        edges = [
            *self._compile_edges(absent, include, headers),
            *map(self._link_edge, programs),
        ]
        folder = self._cache / "ninja"
        folder.mkdir(parents=True, exist_ok=True)
        text = ninja_text(self._commands(include, headers), edges)
        await run_ninja(folder, text, self._jobs, progress)
        objects = map(self._object, units.values())
        await asyncio.to_thread(self._tidy, (*objects, headers.text.parent))

    def _link_edge(self, program: Program) -> Edge:
        objects = tuple(map(self._object, program.units))
        return Edge("link", program.path, objects, program.path.name)

    def _compile_edges(
        self, absent: Sequence[Unit], include: Path, headers: StandardHeaders
    ) -> Iterator[Edge]:
        made = headers.compiled if headers.to_make(len(absent)) else None
        if made is not None:
            yield Edge("precompile", made, (headers.text,), "standard headers")
        meanwhile = MEANWHILE * (self._jobs - 1)
        for number, unit in enumerate(absent):
            after = () if made is None or number < meanwhile else (made,)
            source = self._source(unit, include)
            yield Edge("compile", self._object(unit), (source,), unit.label, after)

    def _commands(self, include: Path, headers: StandardHeaders) -> Commands:
        root = str(self._library.root.absolute())
        compile_command = (
            *self._compiler.command, *COMPILE_FLAGS, *headers.include(),
            # The same sources give the same object in whatever folder they are.
            f"-ffile-prefix-map={root}/=", f"-ffile-prefix-map={include}/=",
            "-I", root, "-I", str(include),
        )  # fmt: skip
        return Commands(
            headers.command(self._compiler),
            compile_command,
            self._compiler.command,
            self._compiler.link_flags,
        )

    def _tidy(self, used: Sequence[Path]) -> None:
        # A supervisor is needed only when one has died, and must be available then.
        units = self._supervisor_units()
        stamp((*used, self._supervisor(units), *map(self._object, units)))
        remove_unused(self._cache)

    def _source(self, unit: Unit, include: Path) -> Path:
        return (include if unit.generated else self._library.root.absolute()) / unit.source

    def _write_generated(self, files: Mapping[str, str]) -> Path:
        folder = (
            self._cache / "generated" / digest_of(x for item in files.items() for x in item)[:16]
        )
        for name, text in files.items():
            path = folder / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                partial = path.with_name(f"{path.name}.{os.getpid()}")
                partial.write_text(text)
                partial.rename(path)
        folder.mkdir(parents=True, exist_ok=True)
        stamp([folder])
        return folder
