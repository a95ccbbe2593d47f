"""Keys of a device's description: of every device, of its driver, and of its transport."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Discriminator, Tag, TypeAdapter, ValidationError

from reconciler.yaml.documents import read_documents
from reconciler.yaml.model_fit import parse_model
from schemas.device import (
    AnyDevice,
    ClickUpDriver,
    ClickUpLocal,
    Device,
    DeviceSpec,
    LocalTransport,
)
from schemas.meta import Model

KINDS = (AnyDevice, ClickUpDriver, LocalTransport)


class Elsewhere(Model):
    transport: Literal["elsewhere"]
    host: str


class ClickUpElsewhere(AnyDevice, ClickUpDriver, Elsewhere):
    pass


def pair(spec: dict[str, Any]) -> str:
    return str(spec.get("transport", "local"))


TWO = TypeAdapter[Any](
    Annotated[
        Annotated[ClickUpLocal, Tag("local")] | Annotated[ClickUpElsewhere, Tag("elsewhere")],
        Discriminator(pair),
    ]
)


def test_each_key_is_of_one_kind() -> None:
    keys = [key for kind in KINDS for key in kind.model_fields]
    assert sorted(keys) == sorted(DeviceSpec.model_fields)


def test_another_transport_brings_its_own_keys_and_leaves_the_drivers() -> None:
    spec = TWO.validate_python({"transport": "elsewhere", "host": "edge9", "memory": "64MiB"})
    assert isinstance(spec, ClickUpElsewhere) and (spec.host, spec.memory) == ("edge9", 64 << 20)
    assert isinstance(TWO.validate_python({"netns": "edge"}), ClickUpLocal)
    for wrong in ({"host": "edge9"}, {"transport": "elsewhere", "host": "edge9", "netns": "edge"}):
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            TWO.validate_python(wrong)


def test_a_place_is_all_that_is_said_of_the_way_to_it() -> None:
    spec = DeviceSpec.model_validate({"netns": "edge", "cores": [1], "interfaces": {"lan": "eth0"}})
    assert spec.place == {"transport": "local", "netns": "edge", "directory": None}


@pytest.mark.parametrize(
    ("key", "word", "known"), [("driver", "clik-up", "click-up"), ("transport", "shh", "local")]
)
def test_what_is_not_known_is_told_with_what_is(key: str, word: str, known: str) -> None:
    text = f"apiVersion: click-up/v1alpha1\nkind: Device\nmetadata: {{name: a}}\nspec:\n  {key}: "
    (document,), _ = read_documents("a.yaml", f"{text}{word}\n")
    (wrong,) = parse_model(Device, document)[1]
    place = f"a.yaml:5:{len(key) + 5}"
    assert str(wrong) == f"{place}: Value not allowed: spec.{key} is {word!r}, allowed: {known}"
