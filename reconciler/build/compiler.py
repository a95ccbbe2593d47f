"""Finds a C++20 compiler and says who it is; the identity is part of every object's address."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass

from reconciler.errors import CompilerMissing

NATIVE_COMPILERS = ("c++", "g++", "clang++")
COMPILE_FLAGS = (
    "-std=c++20",
    "-O2",
    # Errors in the tests; here a newer compiler's new warning must not stop an upgrade.
    "-Wall",
    "-Wextra",
    # Sections let the linker leave out what this driver does not use.
    "-ffunction-sections",
    "-fdata-sections",
    # Zig makes what a debugger wants unless it is told otherwise; linking leaves it out again.
    "-g0",
)
# Older libcs keep threads in a file of their own.
LINK_FLAGS = ("-Wl,--gc-sections", "-s", "-pthread")


@dataclass(frozen=True)
class Precompiling:
    """How a compiler keeps a compiled header: `suffix` of its file, beside the text; `names_files`
    when it is of no use in another place; flags that make it `strict` about one it cannot use.
    """

    suffix: str
    names_files: bool
    strict: tuple[str, ...] = ()


GCC = Precompiling(".gch", names_files=False, strict=("-Winvalid-pch", "-Werror"))
CLANG = Precompiling(".pch", names_files=True)


@dataclass(frozen=True)
class Compiler:
    """`command` starts it; `identity` is its version text and target; `static_libc` tells whether
    -static links; `precompiling` is None for one that is not known to do it.
    """

    command: tuple[str, ...]
    identity: str
    static_libc: bool
    precompiling: Precompiling | None = None

    @property
    def link_flags(self) -> tuple[str, ...]:
        """Without a libc.a only the C++ runtime is linked statically."""
        if self.static_libc:
            return (*LINK_FLAGS, "-static")
        return (*LINK_FLAGS, "-static-libstdc++", "-static-libgcc")


def find_compiler() -> Compiler:
    """The system's compiler, else the one of the PyPI package ziglang.

    Blocks for a few milliseconds (starts the compiler twice). Raises CompilerMissing.
    """
    for name in NATIVE_COMPILERS:
        path = shutil.which(name)
        if path is not None:
            return _describe((path,))
    if importlib.util.find_spec("ziglang") is not None:
        return _describe((sys.executable, "-m", "ziglang", "c++"))
    raise CompilerMissing(
        f"no C++ compiler on PATH (looked for {', '.join(NATIVE_COMPILERS)}) and no ziglang module"
        " for"
        f" {sys.executable}; install one: `apt install g++`, or `pip install 'click-up[zig]'`"
    )


def _describe(command: tuple[str, ...]) -> Compiler:
    said = _output((*command, "--version"))
    # Where it is installed says nothing about what it makes.
    version = "\n".join(line for line in said.splitlines() if "InstalledDir" not in line)
    if "ziglang" in command:
        # Zig brings musl, which is always there to be linked statically.
        target = _zig_target(_output((*command, "-dumpmachine")).strip())
        identity = f"{version}\n{target}"
        return Compiler((*command, "-target", target), identity, True, _precompiling(version))
    target = _output((*command, "-dumpmachine")).strip()
    libc = _output((*command, "-print-file-name=libc.a")).strip()
    # GCC and clang print the bare name back when there is no such file.
    return Compiler(command, f"{version}\n{target}", "/" in libc, _precompiling(version))


def _precompiling(version: str) -> Precompiling | None:
    if "clang" in version:
        return CLANG
    return GCC if "Free Software Foundation" in version else None


def _zig_target(machine: str) -> str:
    return f"{machine.split('-')[0]}-linux-musl"


def _output(command: tuple[str, ...]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CompilerMissing(
            f"`{' '.join(command)}` fails: {done.stderr.strip()[:200]}; repair or remove this"
            " compiler"
        )
    return done.stdout
