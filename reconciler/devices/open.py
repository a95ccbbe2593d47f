"""From a Device document to what drives it: the one place that knows which drivers and transports
there are.
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
    """The place of an instance on `device`; `folder` is the reconciler's own, for devices that name
    no directory. Nothing is touched.
    """
    return open_click_up(device, element, folder)


def open_click_up(device: Device, element: str, folder: Path) -> ClickUpDevice:
    """The same of a device that click-up's own driver runs on."""
    directory = _directory(device, folder) / element
    return ClickUpDevice(device, element, directory, _transport(device))


def _transport(device: Device) -> Transport:
    match device.spec.transport:
        case "local":
            return LocalTransport()


def _directory(device: Device, folder: Path) -> PurePosixPath:
    return PurePosixPath(device.spec.directory or folder / "devices" / device.name)


def share_wanted(device: Device) -> str:
    """What a description gives the packet path, for people."""
    return str(DeviceShare.of(device.spec))
