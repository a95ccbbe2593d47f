"""The caller's side of functions that run in processes of their own."""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any

from reconciler.confined.task import STATUS, Task, why_ended
from reconciler.errors import NoProcess

AT_ONCE = 2
"""Calls at the same time: each may take the memory of its limit."""
LONGEST_SHARE = 30
"""Seconds that a call may take for each second of processor time that it may."""

_CHUNK = 1 << 20


class Confined:
    """Tasks by name, ready to be called. As a context, it has all its processes end with it."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self._tasks = tasks
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def __enter__(self) -> Confined:
        """Start now, so that importing takes place while the first call is prepared."""
        with suppress(OSError):  # the first call tries again, and tells
            self._connected()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes. Calls under way end as well, and a later one starts anew."""
        if self._server is not None and self._control is not None:
            self._control.close()
            self._server.kill()  # it keeps nothing, and may be importing still
            self._server.wait()
        self._server = self._control = None

    async def call(self, name: str, *arguments: object) -> Any:
        """Return what the task's function returns, or raise what it raises.

        Raises OutOfMemory, OutOfTime, Killed, NoProcess. Cancelling the call kills its process.
        """
        # Both sides are the same code of the same user, and nobody else has the socket: pickle,
        # which lets whoever writes it run code, gives its reader nothing to do that it could not.
        # What others wrote goes through it as bytes and text, which it does not interpret.
        asked = await asyncio.to_thread(lambda: pickle.dumps(name) + pickle.dumps(arguments))
        async with self._turns:
            answer = await self._within(name, asked)
        if len(answer) < STATUS.size:
            raise NoProcess("a process that reads the repository ended early; trying again")
        (status,) = STATUS.unpack(answer[-STATUS.size :])
        if status != 0:
            raise why_ended(status)
        returned, value = await asyncio.to_thread(pickle.loads, answer)
        if returned:
            return value
        raise value

    async def _within(self, name: str, asked: bytes) -> bytes:
        """Return the answer. Raises NoProcess when a process does nothing, as a stopped one does:
        that takes no processor time, which its own limit is of.
        """
        seconds = LONGEST_SHARE * self._tasks[name].seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(asked)
        except TimeoutError as error:
            raise NoProcess(f"a process gave no answer in {seconds} s; trying again") from error

    async def _exchange(self, asked: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        with self._called() as worker:
            # A worker that dies may leave unread what it was asked.
            with suppress(BrokenPipeError, ConnectionResetError):
                await loop.sock_sendall(worker, asked)
            answer = bytearray()
            with suppress(ConnectionResetError):
                while chunk := await loop.sock_recv(worker, _CHUNK):
                    answer += chunk
        return bytes(answer)

    def _called(self) -> socket.socket:
        """Return the connection to a new worker."""
        try:
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            with theirs:
                socket.send_fds(self._connected(), [b"\0"], [theirs.fileno()])
        except OSError as error:
            raise NoProcess(f"cannot start a process: {error.strerror}; trying again") from error
        return ours

    def _connected(self) -> socket.socket:
        """Return the connection to the server, which is started if it does not run."""
        if self._server is not None and self._server.poll() is not None:
            self.close()
        if self._control is None:
            self._start()
        assert self._control is not None
        return self._control

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, TemporaryFile() as tasks:
            pickle.dump(self._tasks, tasks)
            tasks.seek(0)
            self._server = subprocess.Popen(
                [sys.executable, "-P", "-m", "reconciler.confined.server", str(theirs.fileno())],
                stdin=tasks,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                # Found where this process found it, never in the folder it happens to run in.
                env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
                start_new_session=True,  # Ctrl-C is for the reconciler, which ends this one
            )
        self._control = ours
