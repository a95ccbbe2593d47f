"""Finds a C++20 compiler for a platform and identifies it; the identity, which ends with its
target, is part of every object's address.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass

from reconciler.errors import CompilerMissing
from schemas.platforms import machine_of, platform_of

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
    # Zig generates debug information by default; linking would discard it.
    "-g0",
)
# Older C libraries have threads in a library of their own.
LINK_FLAGS = ("-Wl,--gc-sections", "-s", "-pthread")


@dataclass(frozen=True)
class Precompiling:
    """How a compiler stores a precompiled header: the `suffix` of its file, beside the source;
    `names_files` if it cannot be moved; `strict`: flags that make an unusable one an error.
    """

    suffix: str
    names_files: bool
    strict: tuple[str, ...] = ()


GCC = Precompiling(".gch", names_files=False, strict=("-Winvalid-pch", "-Werror"))
CLANG = Precompiling(".pch", names_files=True)


@dataclass(frozen=True)
class Compiler:
    """`command` starts it; `identity` is its version text and target; `static_libc` tells whether
    -static links; `precompiling` is None if it is not known how to precompile headers; its
    programs run on `platform`.
    """

    command: tuple[str, ...]
    identity: str
    static_libc: bool
    precompiling: Precompiling | None = None
    platform: str = ""

    @property
    def link_flags(self) -> tuple[str, ...]:
        """Flags for linking; without a libc.a only the C++ runtime is linked statically."""
        if self.static_libc:
            return (*LINK_FLAGS, "-static")
        return (*LINK_FLAGS, "-static-libstdc++", "-static-libgcc")


def find_compiler(platform: str = "") -> Compiler:
    """Return the system's compiler if it is for `platform`, or no platform is named; else that of
    the PyPI package ziglang, which compiles for all.

    Blocks for a few milliseconds (starts the compiler twice). Raises CompilerMissing.
    """
    path = next(filter(None, map(shutil.which, NATIVE_COMPILERS)), None)
    native = None if path is None else _native(path)
    if native is not None and platform in ("", native.platform):
        return native
    if importlib.util.find_spec("ziglang") is not None:
        return _zig(platform)
    raise CompilerMissing(_missing(native, platform))


def _missing(native: Compiler | None, platform: str) -> str:
    no_zig = f"no ziglang module for {sys.executable}"
    if native is None:
        return (
            f"no C++ compiler on PATH (looked for {', '.join(NATIVE_COMPILERS)}) and {no_zig};"
            " install one: `apt install g++`, or `pip install 'click-up[zig]'`"
        )
    return (
        f"{native.command[0]} makes programs for {native.platform}, not for {platform}, and there"
        f" is {no_zig}, which makes them for all; install it: `pip install 'click-up[zig]'`"
    )


def _native(path: str) -> Compiler:
    version, target = _version((path,)), _output((path, "-dumpmachine")).strip()
    libc = _output((path, "-print-file-name=libc.a")).strip()
    return Compiler(
        (path,),
        f"{version}\n{target}",
        # GCC and clang print the bare name back when there is no such file.
        static_libc="/" in libc,
        precompiling=_precompiling(version),
        platform=platform_of(_machine(target)),
    )


def _zig(platform: str) -> Compiler:
    command = (sys.executable, "-m", "ziglang", "c++")
    own = _machine(_output((*command, "-dumpmachine")).strip())
    machine = machine_of(platform) if platform else own
    # Zig includes musl, which can always be linked statically.
    target, version = f"{machine}-linux-musl", _version(command)
    return Compiler(
        (*command, "-target", target),
        f"{version}\n{target}",
        static_libc=True,
        precompiling=_precompiling(version),
        platform=platform_of(machine),
    )


def _version(command: tuple[str, ...]) -> str:
    # The folder it is installed in does not affect its output.
    said = _output((*command, "--version")).splitlines()
    return "\n".join(line for line in said if "InstalledDir" not in line)


def _machine(target: str) -> str:
    return target.split("-")[0]


def _precompiling(version: str) -> Precompiling | None:
    if "clang" in version:
        return CLANG
    return GCC if "Free Software Foundation" in version else None


def _output(command: tuple[str, ...]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CompilerMissing(
            f"`{' '.join(command)}` fails: {done.stderr.strip()[:200]}; repair or remove this"
            " compiler"
        )
    return done.stdout
