"""JSON Schemas for editors: `python -m schemas.publish [DIRECTORY]` writes one file for
each kind.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from schemas.atom import AtomManifest, PacketTypes
from schemas.device import Device
from schemas.element import ElementManifest, SupportManifest
from schemas.meta import Model
from schemas.network_element import NetworkElement
from schemas.plan import Plan
from schemas.rollout import Rollout
from schemas.status import InstanceStatus

DIRECTORY = Path(__file__).parent / "json"
_PUBLISHED: dict[str, type[Model]] = {
    "atom-manifest": AtomManifest,
    "device": Device,
    "element-manifest": ElementManifest,
    "instance-status": InstanceStatus,
    "network-element": NetworkElement,
    "packet-types": PacketTypes,
    "plan": Plan,
    "rollout": Rollout,
    "support-manifest": SupportManifest,
}


def documents() -> dict[str, str]:
    """Return file name -> JSON Schema (draft 2020-12), deterministic."""
    texts = {}
    for name, model in _PUBLISHED.items():
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema"
        } | model.model_json_schema()
        texts[f"{name}.json"] = json.dumps(schema, indent=2, sort_keys=True) + "\n"
    return texts


def main(arguments: list[str]) -> None:
    """Write all schemas into the directory named first, or beside the models."""
    directory = Path(arguments[0]) if arguments else DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
