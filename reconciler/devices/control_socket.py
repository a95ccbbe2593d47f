"""Client of Click's ControlSocket protocol 1.3 over a UNIX socket; works with our supervisor, our
driver and Click.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import PurePosixPath

from reconciler.errors import DeviceUnreachable
from reconciler.transports.transport import Transport

BANNER = "Click::ControlSocket/"
REPLY_SECONDS = 5.0


class ControlSocketError(Exception):
    """The far end answered with an error: `code` of the protocol and its `text`."""

    def __init__(self, code: int, text: str, handler: str) -> None:
        super().__init__(f"{handler}: {text} (code {code})")
        self.code = code
        self.text = text


class NoSuchElement(ControlSocketError):
    """Code 510: there is no such element."""


class NoSuchHandler(ControlSocketError):
    """Code 511: the element has no such handler."""


class HandlerRefused(ControlSocketError):
    """Code 520: the handler ran and reported a failure."""


class WrongDirection(ControlSocketError):
    """Code 530: the handler cannot be read, or cannot be written."""


BY_CODE = {510: NoSuchElement, 511: NoSuchHandler, 520: HandlerRefused, 530: WrongDirection}


class ControlSocket:
    """One connection; commands are answered in order, one at a time."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: PurePosixPath
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._path = path

    async def read(self, handler: str, parameters: str = "", seconds: float = REPLY_SECONDS) -> str:
        """Return the value of a read handler. Raises ControlSocketError, DeviceUnreachable."""
        self._writer.write(f"READ {handler} {parameters}".rstrip().encode() + b"\r\n")
        await self._reply(handler, seconds)
        head = (await self._line(seconds)).split()
        if len(head) != 2 or head[0] != "DATA" or not head[1].isdigit():
            raise DeviceUnreachable(f"{self._path} answered a read of {handler} without DATA")
        data = await self._within(self._reader.readexactly(int(head[1])), seconds)
        return data.decode(errors="replace")

    async def write(self, handler: str, value: str = "", seconds: float = REPLY_SECONDS) -> str:
        """Write `value`, which may contain newlines; return the far end's message.

        Raises ControlSocketError, DeviceUnreachable.
        """
        data = value.encode()
        self._writer.write(f"WRITEDATA {handler} {len(data)}\r\n".encode() + data)
        return await self._reply(handler, seconds)

    async def _reply(self, handler: str, seconds: float) -> str:
        lines: list[str] = []
        while True:
            line = await self._line(seconds)
            if len(line) < 4 or not line[:3].isdigit():
                raise DeviceUnreachable(f"{self._path} does not speak ControlSocket: {line[:80]!r}")
            lines.append(line[4:])
            if line[3] != "-":
                break
        code, text = int(line[:3]), "\n".join(lines)
        if code >= 300:
            raise BY_CODE.get(code, ControlSocketError)(code, text, handler)
        return text

    async def _line(self, seconds: float) -> str:
        raw = await self._within(self._reader.readuntil(b"\n"), seconds)
        return raw.decode(errors="replace").rstrip("\r\n")

    async def _within(self, reading: Awaitable[bytes], seconds: float) -> bytes:
        # Not wait_for: up to Python 3.11 it loses a cancellation that arrives with the answer.
        try:
            async with asyncio.timeout(seconds):
                return await reading
        except TimeoutError as error:
            raise DeviceUnreachable(f"{self._path} did not answer within {seconds:g} s") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise DeviceUnreachable(
                f"{self._path} closed the connection before it answered"
            ) from error

    async def banner(self) -> None:
        """Read the banner. Raises DeviceUnreachable when it is that of another protocol."""
        line = await self._line(REPLY_SECONDS)
        if not line.startswith(BANNER):
            raise DeviceUnreachable(f"{self._path} does not speak ControlSocket: {line[:80]!r}")


@asynccontextmanager
async def connected(transport: Transport, socket: PurePosixPath) -> AsyncIterator[ControlSocket]:
    """Open a fresh connection to `socket`, closed at the end. Raises DeviceUnreachable."""
    async with transport.connect(socket) as (reader, writer):
        connection = ControlSocket(reader, writer, socket)
        await connection.banner()
        yield connection
