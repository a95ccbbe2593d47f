"""The recipe of the image: a pinned base, locked packages, a user of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECIPE = (ROOT / "Dockerfile").read_text().replace("\\\n", "")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", RECIPE, re.M)


def test_the_base_is_pinned_by_digest() -> None:
    (base,) = instructions("ARG")
    assert re.fullmatch(r"DEBIAN=debian:[a-z]+-slim@sha256:[0-9a-f]{64}", base)
    assert all(source.startswith("${DEBIAN}") for source in instructions("FROM"))


def test_every_package_comes_with_its_digest() -> None:
    installed = [line for line in instructions("RUN") if "pip install" in line]
    commands = [part for line in installed for part in line.split("&&") if "pip install" in part]
    assert commands
    for command in commands:
        assert "--require-hashes" in command or "--no-deps --no-build-isolation ." in command
        for lock in re.findall(r"--requirement (\S+)", command):
            assert (ROOT / lock).is_file()


def test_it_runs_as_a_user_of_its_own() -> None:
    users = instructions("USER")
    assert users == ["click-up"] and "useradd --system" in RECIPE
    assert RECIPE.index("USER click-up") < RECIPE.index("ENTRYPOINT")


OURS = [line for line in instructions("COPY") if not line.startswith("--from=")]


@pytest.mark.parametrize("line", OURS)
def test_what_is_copied_exists(line: str) -> None:
    *sources, _ = line.split()
    assert all((ROOT / source).exists() for source in sources)
