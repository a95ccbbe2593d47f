"""The standard headers that every unit includes first, precompiled once for all.

Only standard ones: our own would slow down each unit that does not need them, save next to nothing,
and invalidate the precompiled header with every change. Every unit includes the text in any case,
so its object is the same whether or not the header was precompiled.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from reconciler.build.compiler import COMPILE_FLAGS, Compiler, Precompiling
from reconciler.build.digests import digest_of

HEADERS = (
    "algorithm", "array", "charconv", "cstdint", "cstdio", "cstring", "functional", "map",
    "memory", "optional", "set", "span", "string", "string_view", "utility", "vector",
)  # fmt: skip
TEXT = "".join(f"#include <{header}>\n" for header in HEADERS)
PAYS_FROM = 8
"""Number of units from which on precompiling saves more time than it takes."""
MEANWHILE = 2
"""Units that each other processor compiles with the text while the headers are precompiled."""


@dataclass(frozen=True)
class StandardHeaders:
    """Units include `text`; the compiler reads `compiled` instead, where it can and it exists."""

    text: Path
    compiled: Path | None

    def command(self, compiler: Compiler) -> tuple[str, ...]:
        """Return the command that compiles `text` to `compiled`, without the two file names."""
        return (*compiler.command, *COMPILE_FLAGS, "-x", "c++-header")

    def include(self) -> tuple[str, ...]:
        """Return the flags with which every unit includes them."""
        return ("-include", str(self.text))

    def prepare(self, compiler: Compiler, units: int) -> None:
        """Write the text when it is absent; remove a compiled header that has become unusable.

        The check costs as much as half a unit, so for a few `units` it is omitted if the compiler
        falls back to the text by itself.
        """
        if not self.text.exists():
            self.text.parent.mkdir(parents=True, exist_ok=True)
            partial = self.text.with_suffix(".partial")
            partial.write_text(TEXT)
            partial.rename(self.text)
        if self.compiled is None or not self.compiled.exists():
            return
        if (units >= PAYS_FROM or _insists(compiler)) and not self._works(compiler):
            self.compiled.unlink()

    def to_make(self, units: int) -> bool:
        """Return whether to precompile them before so many `units` are compiled."""
        return self.compiled is not None and units >= PAYS_FROM and not self.compiled.exists()

    def _works(self, compiler: Compiler) -> bool:
        # Compilers refuse a header precompiled by another build of them, or from other headers.
        strict = () if compiler.precompiling is None else compiler.precompiling.strict
        command = (*compiler.command, *COMPILE_FLAGS, *strict, *self.include())
        nothing = ("-fsyntax-only", "-x", "c++", "/dev/null")
        return (
            subprocess.run((*command, *nothing), capture_output=True, check=False).returncode == 0
        )


def standard_headers(cache: Path, compiler: Compiler) -> StandardHeaders:
    """Return the standard headers for `compiler` in `cache`, named by content."""
    how = compiler.precompiling
    place = (str(cache),) if how is not None and how.names_files else ()
    parts = (*compiler.command, compiler.identity, *COMPILE_FLAGS, TEXT, *place)
    text = cache / "precompiled" / digest_of(parts)[:16] / "standard.hh"
    return StandardHeaders(text, _beside(text, how))


def _insists(compiler: Compiler) -> bool:
    """Return whether an unusable compiled header is an error rather than a slow build."""
    return compiler.precompiling is not None and not compiler.precompiling.strict


def _beside(text: Path, how: Precompiling | None) -> Path | None:
    return None if how is None else text.with_name(text.name + how.suffix)
