"""Devices on this machine, for what looks at their files and sockets from outside."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path, PurePosixPath

from reconciler.devices.click_up.checkpoints import newest_first
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.control_socket import ControlSocket, connected
from reconciler.transports.local import LocalTransport


def directory_of(device: ClickUpDevice) -> Path:
    """Where everything about its instance is."""
    return Path(device.places.directory)


def releases_of(device: ClickUpDevice) -> Path:
    """A folder for each that is staged."""
    return Path(device.places.releases)


def checkpoint_folder_of(device: ClickUpDevice) -> Path:
    """The one its supervisor writes into."""
    return Path(device.checkpoints.path)


def checkpoints_of(device: ClickUpDevice) -> list[Path]:
    """Those that look whole, newest first."""
    folder = checkpoint_folder_of(device)
    return [folder / name for name in newest_first([path.name for path in folder.iterdir()])]


def connected_here(socket: Path) -> AbstractAsyncContextManager[ControlSocket]:
    """A fresh connection to a socket on this machine. Raises DeviceUnreachable."""
    return connected(LocalTransport(), PurePosixPath(socket))
