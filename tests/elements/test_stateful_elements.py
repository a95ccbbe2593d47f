"""Every element that keeps state or works on it has golden cases, and its kernel is fuzzed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.elements.test_element_cases import CASES
from tests.fuzz.targets import HERE as FUZZ
from tests.fuzz.targets import TARGETS
from tests.libraries import todays_library
from tests.objects import LIBRARY

STATES = sorted(todays_library().states)
WORKING = sorted(
    name
    for name, manifest in todays_library().elements.items()
    if manifest.states or {*manifest.requires} & {*STATES}
)


@cache
def in_cases() -> frozenset[str]:
    """Return every word of the cases' configurations."""
    texts = [path.read_text() for path in CASES.glob("*/config.click")]
    return frozenset(re.findall(r"\w+", "\n".join(texts)))


@pytest.mark.parametrize("name", WORKING)
def test_there_is_a_golden_case(name: str) -> None:
    assert name in in_cases()


@cache
def fuzzed() -> frozenset[Path]:
    """Return every header that a fuzz target includes, directly or indirectly."""
    found: set[Path] = set()
    waiting = [FUZZ / f"{name}.cc" for name in TARGETS]
    while waiting:
        text = waiting.pop().read_text()
        named = re.findall(r'^#include "((?:elements|support)/.*)"', text, re.MULTILINE)
        new = {LIBRARY / name for name in named} - found
        found |= new
        waiting += new
    return frozenset(found)


@pytest.mark.parametrize("name", STATES)
def test_it_is_fuzzed(name: str) -> None:
    """The kernel, which needs no driver, is fuzzed; the rest of the folder is the element."""
    assert any(path.parent.name == name for path in fuzzed())


def test_every_kernel_is_fuzzed() -> None:
    assert {*(LIBRARY / "elements").glob("*/*_kernel.hh")} <= fuzzed()
