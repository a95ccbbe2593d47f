"""`python -m tests.tidy`: clang-tidy over all sources and element classes, on all processors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.objects import LIBRARY, generated_folder

CLANG_TIDY = Path(sys.executable).parent / "clang-tidy"
FINDING = re.compile(r"^.*(?:warning|error): .*$", re.MULTILINE)


def findings(source: Path) -> set[str]:
    """Return clang-tidy's messages about a source, or about the header of an element class."""
    command = [CLANG_TIDY, "--quiet", source, "--", "-x", "c++", "-std=c++20"]
    include = ["-I", LIBRARY, "-I", generated_folder(LIBRARY)]
    done = subprocess.run(
        [*map(str, command), *map(str, include)], capture_output=True, text=True, check=False
    )
    found = set(FINDING.findall(done.stdout))
    return found or ({done.stderr} if done.returncode else set())


def main() -> int:
    sources = [*LIBRARY.rglob("*.cc"), *LIBRARY.glob("elements/*/*.hh")]
    print(f"clang-tidy: {len(sources)} sources", flush=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = sorted(set[str]().union(*pool.map(findings, sorted(sources))))
    print("\n".join(found) or "nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    # Layout headers are generated when the classes are compiled.
    from tests.cpp import generate_layouts

    generate_layouts()
    sys.exit(main())
