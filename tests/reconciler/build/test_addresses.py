"""Our scanner of includes against the compiler's own list, for every source we ship."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.build import Builder, find_compiler, service_context
from reconciler.build.units import generated_files, reached_by
from tests.libraries import todays_library


@pytest.mark.parametrize("name", ["IPFilter", "SessionTable", "Queue", "FromDevice"])
def test_scanner_finds_every_header_the_compiler_reads(name: str, tmp_path: Path) -> None:
    library = todays_library()
    context = service_context([name], library)
    include = Builder(tmp_path, library).generated([name])
    source = include / "classes" / f"{name}.cc"
    command = (*find_compiler().command, "-std=c++20", "-MM", "-I", str(library.root))
    done = subprocess.run(
        (*command, "-I", str(include), str(source)), capture_output=True, text=True, check=True
    )
    words = done.stdout.replace("\\\n", " ").split()[1:]
    read = {Path(word).resolve() for word in words}
    places = (library.root.resolve(), include.resolve())
    reached = reached_by(f"classes/{name}.cc", library.root, generated_files(context, library))
    found = {place / path for path in reached for place in places}
    assert read <= found
