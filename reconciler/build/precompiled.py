"""The standard headers that every unit begins with, compiled once for all.

Only standard ones: those of ours would take the same again from each unit that needs none of them,
save next to nothing more, and be another header with each change to one. Every unit is given the
text in any case, so that it makes no difference to what it becomes whether it was compiled before.
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
"""Units that together save what compiling the headers takes."""
MEANWHILE = 2
"""Units that another processor compiles with the text while the headers are being compiled."""


@dataclass(frozen=True)
class StandardHeaders:
    """`text` is what units include; `compiled`, where there can be one, is taken instead of it."""

    text: Path
    compiled: Path | None

    def command(self, compiler: Compiler) -> tuple[str, ...]:
        """What makes `compiled` of `text`, but for the names of the two."""
        return (*compiler.command, *COMPILE_FLAGS, "-x", "c++-header")

    def include(self) -> tuple[str, ...]:
        """Flags of every unit."""
        return ("-include", str(self.text))

    def prepare(self, compiler: Compiler, units: int) -> None:
        """Write the text when it is absent; remove what was compiled of it and is of no use now.

        To find that out costs as much as half a unit. For a few `units` a compiler that takes the
        text instead may as well do so.
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
        """Whether compiling them comes first when so many units have to be."""
        return self.compiled is not None and units >= PAYS_FROM and not self.compiled.exists()

    def _works(self, compiler: Compiler) -> bool:
        # Compilers refuse one that another build of them made, or whose headers were replaced.
        strict = () if compiler.precompiling is None else compiler.precompiling.strict
        command = (*compiler.command, *COMPILE_FLAGS, *strict, *self.include())
        nothing = ("-fsyntax-only", "-x", "c++", "/dev/null")
        return (
            subprocess.run((*command, *nothing), capture_output=True, check=False).returncode == 0
        )


def standard_headers(cache: Path, compiler: Compiler) -> StandardHeaders:
    """Those of one compiler in `cache`, by content."""
    how = compiler.precompiling
    place = (str(cache),) if how is not None and how.names_files else ()
    parts = (*compiler.command, compiler.identity, *COMPILE_FLAGS, TEXT, *place)
    text = cache / "precompiled" / digest_of(parts)[:16] / "standard.hh"
    return StandardHeaders(text, _beside(text, how))


def _insists(compiler: Compiler) -> bool:
    """Whether one that is of no use is an error, rather than a slow build."""
    return compiler.precompiling is not None and not compiler.precompiling.strict


def _beside(text: Path, how: Precompiling | None) -> Path | None:
    return None if how is None else text.with_name(text.name + how.suffix)
