"""A driver process and a client of its control socket."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

Run = Callable[..., subprocess.CompletedProcess[str]]


class ControlClient:
    """Speaks Click's control protocol line by line, so that tests read like the wire."""

    def __init__(self, path: Path, patience: float = 10) -> None:
        """`patience` is how many seconds an answer may take."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(patience)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rb")

    def send(self, text: str) -> None:
        self._socket.sendall(text.encode())

    def line(self) -> str:
        return self._stream.readline().decode().removesuffix("\r\n")

    def reply(self) -> tuple[int, str]:
        """Return code and text of one reply without data; its lines are joined."""
        texts = []
        while (line := self.line())[3:4] == "-":
            texts.append(line[4:])
        return int(line[:3]), "\n".join([*texts, line[4:]])

    def data(self) -> str:
        """Return the data that a successful read sent."""
        code, text = self.reply()
        assert code == 200, text
        word, count = self.line().split()
        assert word == "DATA"
        return self._stream.read(int(count)).decode()

    def read(self, handler: str) -> str:
        self.send(f"READ {handler}\r\n")
        return self.data()

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


class RunningDriver:
    """Run `text` in a driver that answers on `path` until the block ends; it must exit with 0."""

    def __init__(self, driver: Path, text: str, path: Path) -> None:
        self._command = [str(driver), "-e", text, "-u", str(path), "-o", "-"]
        self._path = path
        self._clients: list[ControlClient] = []

    def client(self) -> ControlClient:
        client = ControlClient(self._path)
        self._clients.append(client)
        assert client.line() == "Click::ControlSocket/1.3"
        return client

    def wait(self) -> int:
        return self.process.wait(timeout=10)

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        while not self._listens():
            if self.process.poll() is not None:
                raise AssertionError(f"the driver ended with {self.process.returncode}")
            time.sleep(0.005)
        return self

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(str(self._path)) == 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for client in self._clients:
            client.close()
        self.process.terminate()
        code = self.wait()
        assert error is not None or code == 0
