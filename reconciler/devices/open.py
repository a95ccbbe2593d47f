"""From a Device document to what drives it: the one place that knows which drivers there are."""

from __future__ import annotations

from pathlib import Path

from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.click_up.share import DeviceShare
from reconciler.devices.client import DeviceClient
from schemas.device import Device


def open_device(device: Device, element: str, folder: Path) -> DeviceClient:
    """The place of an instance on `device`; `folder` is the reconciler's own, for devices that name
    no directory. Nothing is touched.
    """
    return ClickUpDevice(device, element, folder)


def share_wanted(device: Device) -> str:
    """What a description gives the packet path, for people."""
    return str(DeviceShare.of(device.spec))
