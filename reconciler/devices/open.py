"""From a Device document to the client of its driver: the only module that knows which drivers and
transports exist.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.click_up.share import DeviceShare
from reconciler.devices.client import DeviceClient
from reconciler.transports.local import LocalTransport
from reconciler.transports.transport import Transport
from schemas.device import Device


def open_device(device: Device, element: str, folder: Path) -> DeviceClient:
    """Return the client for an instance of `element` on `device`; `folder` of the reconciler serves
    devices that name no directory. Has no effect on the device.
    """
    return open_click_up(device, element, folder)


def open_click_up(device: Device, element: str, folder: Path) -> ClickUpDevice:
    """Do the same for a device on which click-up's own driver runs."""
    directory = _directory(device, folder) / element
    return ClickUpDevice(device, element, directory, _transport(device))


def _transport(device: Device) -> Transport:
    match device.spec.transport:
        case "local":
            return LocalTransport()


def _directory(device: Device, folder: Path) -> PurePosixPath:
    return PurePosixPath(device.spec.directory or folder / "devices" / device.name)


def share_wanted(device: Device) -> str:
    """Describe, for people, the packet path's share of the device."""
    return str(DeviceShare.of(device.spec))
