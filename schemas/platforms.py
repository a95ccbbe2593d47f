"""Platforms: what a device is, and what a driver is built for."""

from __future__ import annotations

from typing import Literal

Platform = Literal["linux/amd64", "linux/arm64"]

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""As the kernel and compilers call them -> as platforms do."""


def platform_of(machine: str) -> str:
    """The platform of a machine of that name, as `uname -m` tells it."""
    return f"linux/{ARCHITECTURES.get(machine, machine)}"


def machine_of(platform: str) -> str:
    """What `platform_of` makes that platform of."""
    architecture = platform.rpartition("/")[2]
    return {name: machine for machine, name in ARCHITECTURES.items()}.get(
        architecture, architecture
    )
