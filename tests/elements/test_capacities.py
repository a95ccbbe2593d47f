"""Tables are as large as their manifests say, since plans of capacity changes rely on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.build import Builder
from reconciler.devices.client import Release, TakeoverRequest
from reconciler.devices.open import open_click_up
from reconciler.errors import NobodyListens
from reconciler.graph.click_language import parse
from reconciler.resolve.states import StateSpec, tables_by_name
from schemas.device import Device
from schemas.network_element import Keep
from tests.libraries import todays_library
from tests.objects import CACHE

REQUIRED = {
    "BalanceTable": "SERVICES tcp 192.0.2.1:80",
    "Nat": "EXTERNAL 192.0.2.1",
    "TokenBuckets": "RATE 100pps",
}
SIZES = "CAPACITY 100", "SEGMENTS 48", "FOUND 64", "WAITING 32"
DEVICE = Device.model_validate({
    "apiVersion": "click-up/v1alpha1", "kind": "Device", "metadata": {"name": "box"}, "spec": {},
})  # fmt: skip
Sized = Callable[[str], tuple[str, ...]]


def as_they_are(names: str) -> tuple[str, ...]:
    return ()


def smaller(names: str) -> tuple[str, ...]:
    return tuple(size for size in SIZES if size.split()[0] in names)


@pytest.mark.parametrize("sized", [as_they_are, smaller])
async def test_every_table_has_the_declared_capacity(
    driver: Path, tmp_path: Path, sized: Sized
) -> None:
    library = todays_library()
    configurations = []
    for name, manifest in library.states.items():
        known = " ".join(parameter.name for parameter in manifest.parameters)
        arguments = [a for a in (REQUIRED.get(name, ""), *sized(known)) if a]
        configurations.append(f"the_{name.lower()} :: {name}({', '.join(arguments)});")
    text = "\n".join([*configurations, "Idle -> Discard;"])
    graph = parse(text)
    states = {
        element.name: StateSpec.of(element, library.elements[element.class_name], Keep.REQUIRED)
        for element in graph.elements
        if element.class_name in library.states
    }
    expected = {name: table.capacity for name, table in tables_by_name(states).items()}
    assert len(expected) >= 20
    device = open_click_up(DEVICE, "tables", tmp_path)
    await device.start(await Builder(CACHE / "cache", library).supervisor())
    try:
        await device.stage(Release("a" * 64, driver, text, "{}"))
        await device.takeover(TakeoverRequest("1", "a" * 64, confirm_seconds=30))
        tables = (await device.status()).tables
    finally:
        with suppress(NobodyListens):
            await device.remove()
    assert {name: table.capacity for name, table in tables.items()} == expected
