"""What `make demo` and `make test` install is locked, and as pyproject.toml allows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
BASE = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
LOCKED = {
    "demo": [*BASE, *EXTRAS["demo"], *PROJECT["build-system"]["requires"]],
    "dev": [*BASE, *EXTRAS["demo"], *PROJECT["dependency-groups"]["dev"]],
    "zig": [*BASE, *EXTRAS["zig"]],
    "audit": PROJECT["dependency-groups"]["audit"],
}
ENTRY = re.compile(r"^([a-z0-9-]+)==(\S+)[^\n]*((?:\n    --hash=sha256:[0-9a-f]{64}[^\n]*)+)", re.M)


@pytest.mark.parametrize("name", sorted(LOCKED))
def test_every_dependency_is_locked_to_a_version_that_is_allowed(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = [(found[1], found[2]) for found in ENTRY.finditer(text)]
    assert len(entries) == len(re.findall("^[a-z]", text, re.M)), "each has digests"
    for requirement in map(Requirement, LOCKED[name]):
        wanted = canonicalize_name(requirement.name)
        # Some have an entry for each version of Python.
        versions = [version for entry, version in entries if entry == wanted]
        assert versions and all(map(requirement.specifier.contains, versions)), "run `make lock`"


def test_what_the_demo_installs_is_what_the_tests_install() -> None:
    demo, dev = (
        {found[0] for found in ENTRY.finditer((ROOT / "requirements" / name).read_text())}
        for name in ("demo.txt", "dev.txt")
    )
    assert {one.partition(" ")[0] for one in demo} <= {one.partition(" ")[0] for one in dev}
