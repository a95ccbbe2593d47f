"""Platforms: the operating system and processor of a device, for which its driver is built."""

from __future__ import annotations

from typing import Literal

Platform = Literal["linux/amd64", "linux/arm64"]

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""Name of a machine in the kernel and compilers -> its name in a platform."""


def platform_of(machine: str) -> str:
    """Return the platform of a machine with the name that `uname -m` prints."""
    return f"linux/{ARCHITECTURES.get(machine, machine)}"


def machine_of(platform: str) -> str:
    """Return the machine's name of a platform: the inverse of `platform_of`."""
    architecture = platform.rpartition("/")[2]
    return {name: machine for machine, name in ARCHITECTURES.items()}.get(
        architecture, architecture
    )
