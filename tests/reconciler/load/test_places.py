"""One place, one instance; and not more instances than anybody meant."""

from __future__ import annotations

import pytest

from reconciler.load import load
from reconciler.load.desired_state import DesiredState
from reconciler.load.repository import Repository
from reconciler.yaml.limits import Limits
from tests.reconciler.load.bridges import DEVICE, ONE, TWO, WIRE


def read(*specs: str, limits: Limits | None = None) -> Repository:
    names = ("one", "two")
    devices = [
        DEVICE.replace("NAME", name).replace("SPEC", spec)
        for name, spec in zip(names, specs, strict=True)
    ]
    return load({"all.yaml": "---\n".join([*devices, WIRE])}, limits or Limits())


@pytest.mark.parametrize(
    ("one", "two", "mistakes"),
    [
        ("interfaces: {lan: a, wan: b}", "interfaces: {lan: c, wan: d}", []),
        ("interfaces: {lan: a, wan: b}", "interfaces: {lan: b, wan: c}", ["Interface used twice"]),
        ("netns: x, interfaces: {lan: a, wan: b}", "interfaces: {lan: a, wan: b}", []),
        (
            "netns: x, interfaces: {lan: a, wan: b}",
            "netns: x, interfaces: {lan: a, wan: c}",
            ["Interface used twice"],
        ),
        (
            "directory: /d, interfaces: {lan: a, wan: b}",
            "directory: /x/../d/, interfaces: {lan: c, wan: d}",
            ["Directory used twice", "Directory used twice"],
        ),
    ],
)
def test_two_devices_share_neither_interface_nor_directory(
    one: str, two: str, mistakes: list[str]
) -> None:
    repository = read(f"{{{one}}}", f"{{{two}}}")
    assert [found.summary for found in repository.diagnostics] == mistakes
    stalled = [desired.key for desired in repository.instances() if desired.diagnostics]
    assert len(stalled) == len(mistakes)


def test_rollouts_that_ask_for_too_many_instances_remove_none() -> None:
    repository = read(
        "{interfaces: {lan: a, wan: b}}",
        "{interfaces: {lan: c, wan: d}}",
        limits=Limits(instances=1),
    )
    assert [found.summary for found in repository.diagnostics] == ["Too many instances"]
    assert "limit instances" in repository.diagnostics[0].detail
    assert [desired.key for desired in repository.instances()] == ["one/wire"]
    assert DesiredState("", repository).why_not_remove() is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("devices: {names: [one, two]}", "device: {names: [one, two]}"),
        ("devices: {names: [one, two]}", "devices: {names: one}"),
        ("devices: {names: [one, two]}", "devices: {names: [one], matchLabels: {a: b}}"),
        ("element: wire", "elment: wire"),
        ("element: wire", "element: [wire]"),
        ("metadata: {name: two}", "metadata: {name: two, label: {a: b}}"),
        ("metadata: {name: two}", "metadata: {name: one}"),
        ("metadata: {name: two}", "metadata: {name: too}"),
        ("element: wire", "element: wore"),
        ("names: [one, two]", "names: [one, too]"),
    ],
)
def test_a_mistake_that_hides_instances_removes_none(before: str, after: str) -> None:
    text = "---\n".join([ONE, TWO, WIRE])
    assert before in text
    repository = load({"all.yaml": text.replace(before, after)})
    assert repository.diagnostics
    assert DesiredState("", repository).why_not_remove() is not None
    assert not any(key.endswith("/") for key in DesiredState("", repository).digests)
