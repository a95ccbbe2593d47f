"""Platforms: what a driver is built for."""

from __future__ import annotations

from platform import machine

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def own_platform() -> str:
    """Of this machine, and so of every device that is reached locally."""
    return f"linux/{_ARCHITECTURES.get(machine(), machine())}"
