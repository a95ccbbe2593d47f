"""Manifests of classes with one table."""

from __future__ import annotations

from typing import Any

from schemas.element import ElementManifest


def field(name: str, kind: str = "u32", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "summary": "x", **more}


KEY = field("key", key=True)


def manifest(
    *layouts: list[dict[str, Any]] | dict[str, Any],
    reserved: tuple[str, ...] = (),
    migrations: str | None = None,
) -> ElementManifest:
    """Return a manifest with one table; a layout is a list of fields, or a mapping with them."""
    listed = [one if isinstance(one, dict) else {"fields": one} for one in layouts]
    numbered = [{"version": number, **one} for number, one in enumerate(listed, start=1)]
    return ElementManifest.model_validate({
        "class": "Sample", "summary": "x", "ports": {"inputs": "0", "outputs": "0"},
        "processing": "a/a", "click": False, "migrations": migrations,
        "states": [{"table": "items", "layouts": numbered, "reserved": reserved}],
    })  # fmt: skip
