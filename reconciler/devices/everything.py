"""Reads all handlers of a Click or driver process, whoever started it."""

from __future__ import annotations

from pathlib import PurePosixPath

from reconciler.devices.control_socket import ControlSocket, ControlSocketError, connected
from reconciler.transports.transport import Transport

HANDLER_SECONDS = 2.0


async def read_everything(transport: Transport, path: PurePosixPath) -> dict[str, str]:
    """Read every readable handler of the process that listens on `path`: `element.handler` ->
    text; handlers that fail are left out. Raises DeviceUnreachable.
    """
    async with connected(transport, path) as socket:
        names = [f"{element}.{name}" for element in await _elements(socket)
                 for name in await _readable(socket, f"{element}.handlers")]  # fmt: skip
        found = {}
        for name in (*await _readable(socket, "handlers"), *names):
            try:
                found[name] = await socket.read(name, seconds=HANDLER_SECONDS)
            except ControlSocketError:
                continue
        return found


async def _elements(socket: ControlSocket) -> list[str]:
    """Return the names of all elements; the first line of `list` is their number."""
    return (await socket.read("list")).split()[1:]


async def _readable(socket: ControlSocket, handler: str) -> list[str]:
    try:
        lines = (await socket.read(handler)).splitlines()
    except ControlSocketError:
        return []
    words = [line.split() for line in lines if line.strip()]
    return [name for name, flags in (word for word in words if len(word) == 2) if "r" in flags]
