"""Objects of C++ sources, keyed by content and kept.

Unoptimised, because compiling takes most of the time. CLICKUP_SANITIZE=address,undefined
selects sanitizers for every program of a run.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import get_ident

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "element_library"
CACHE = ROOT / "build" / "tests"
FLAGS = ("-std=c++20", "-Wall", "-Wextra", "-Werror")


class CompilationFailed(AssertionError):
    """The compiler or linker refused; the text is its output."""


@cache
def compiler() -> tuple[str, ...]:
    """Return the C++ compiler's command: $CXX, the system's, or the package ziglang's."""
    named = os.environ.get("CXX")
    if named:
        return tuple(named.split())
    for name in ("c++", "g++", "clang++"):
        if path := shutil.which(name):
            return (path,)
    if importlib.util.find_spec("ziglang"):
        return (sys.executable, "-m", "ziglang", "c++")
    raise CompilationFailed("no C++ compiler: install g++ or clang++, or `pip install ziglang`")


def compile_flags(sanitize: str | None) -> list[str]:
    """Return a program's flags, with the sanitizer that it asks for, else that of the run."""
    sanitize = sanitize or os.environ.get("CLICKUP_SANITIZE") or None
    if not sanitize:
        return ["-O0"]
    if "ziglang" in compiler():
        sanitize = "undefined"  # the only one it ships
    # A fuzzer runs each program for minutes, far longer than compiling it takes.
    level = "-O1" if "fuzzer" in sanitize else "-O0"
    return [level, "-g1", f"-fsanitize={sanitize}", "-fno-sanitize-recover=all"]


@cache
def linker_flags() -> tuple[str, ...]:
    """Select gold if it is there: it takes half the time of the default linker."""
    return ("-fuse-ld=gold",) if "ziglang" not in compiler() and shutil.which("ld.gold") else ()


def compiled(sources: Iterable[Path], flags: list[str], library: Path | None = None) -> list[Path]:
    """Compile the sources; return their objects in the same order. Headers are those of `library`,
    by default of the library or copy that a source lies in. Raises CompilationFailed.
    """

    def make(source: Path) -> Path:
        return _object(source, flags, library or _library_of(source))

    with ThreadPoolExecutor(os.cpu_count()) as compilers:
        return list(compilers.map(make, sources))


def _object(source: Path, flags: list[str], library: Path) -> Path:
    """Return the object of `source`; compile only if it, a header or the flags are new."""
    name = digest_of([str(source), str(library), *compiler(), *FLAGS, *flags])
    base = CACHE / "objects" / name
    base.parent.mkdir(parents=True, exist_ok=True)
    with base.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _compiled_before(base) or _compile(source, flags, base, library)


def _compiled_before(base: Path) -> Path | None:
    index = base.with_suffix(".json")
    if not index.exists():
        return None
    known = base.with_suffix(f".{_contents(json.loads(index.read_text()))}.o")
    return known if known.exists() else None


def _compile(source: Path, flags: list[str], base: Path, library: Path) -> Path:
    unfinished = base.with_suffix(f".{_unique()}.o")
    listing = base.with_suffix(f".{_unique()}.d")
    folders = (library, generated_folder(library), ROOT / "tests")
    include = [word for folder in folders for word in ("-I", str(folder))]
    run_compiler([
        "nice", *compiler(), *FLAGS, *flags, *include, "-MMD", "-MF", str(listing),
        "-c", str(source), "-o", str(unfinished),
    ])  # fmt: skip
    included = listing.read_text().replace("\\\n", " ").split(":", 1)[1].split()
    listing.unlink()
    replace_file(base.with_suffix(".json"), json.dumps(included).encode())
    finished = base.with_suffix(f".{_contents(included)}.o")
    unfinished.replace(finished)
    return finished


def _unique() -> str:
    """Return a suffix unique to this thread, as several may write the same file at once."""
    return f"{os.getpid()}-{get_ident()}"


def _contents(paths: list[str]) -> str:
    if not all(Path(path).exists() for path in paths):
        return "missing"
    return digest_of([Path(path).read_text() for path in paths])


def digest_of(parts: Iterable[str]) -> str:
    """Return a short digest of the parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file atomically: readers see all of the old or all of the new content."""
    unfinished = path.with_name(f"{path.name}.{_unique()}")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def run_compiler(command: list[str]) -> None:
    """Run the compiler. Raises CompilationFailed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CompilationFailed(f"{' '.join(command)}\n{done.stderr}")


def generated_folder(library: Path) -> Path:
    """Return the folder of generated sources and headers for a library."""
    return CACHE / "generated" if library == LIBRARY else library / "generated"


def _library_of(source: Path) -> Path:
    """Return the library whose headers a source includes: the copy that it lies in, or today's."""
    copies = [folder for folder in source.parents if (folder / "packet_types.yaml").exists()]
    return copies[0] if copies else LIBRARY
