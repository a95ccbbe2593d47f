"""A supervisor process in a directory of its own, and traffic through what it supervises."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reconciler.testbed.network import SERVER_ADDRESS, Namespace, Network
from tests.driver.running import ControlClient

SO_RCVBUFFORCE, SO_MEMINFO = 33, 55  # asm-generic/socket.h; not in the module socket
MEMINFO_DROPS = 8  # place in what SO_MEMINFO tells (linux/sock_diag.h)
WIRES = "lan :: Wire(eth0, eth1); wan :: Wire(eth1, eth0);\n"
PATIENCE = 15.0  # seconds: the machine may be busy with other tests
CLONE_NEWNET = 0x40000000
RING_BYTES = 32 << 20
LONGEST_REQUEST = 90.0
"""Seconds: longer than any request of these tests allows, so that its own limit ends it first."""


def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.005)


class Supervised:
    """`with Supervised(...)`: a supervisor that is told to stop at the end."""

    def __init__(
        self,
        program: Path,
        driver: Path,
        directory: Path,
        netns: str | None,
        *options: object,
        before: Sequence[str] = (),
    ) -> None:
        """`before` is a command prefix that starts the program."""
        self.directory = directory
        self.driver = driver
        place = ["--netns", netns] if netns else []
        # Little memory for rings, since every test waits until the kernel has cleared it.
        own = [str(program), "--directory", str(directory), "--ring-memory", str(RING_BYTES)]
        self._command = [*before, *own, *place, *map(str, options)]
        self._attempts = 0

    def client(self, name: str = "supervisor.sock") -> ControlClient:
        client = ControlClient(self.directory / name, LONGEST_REQUEST)
        assert client.line() == "Click::ControlSocket/1.3"
        return client

    def write(
        self, handler: str, value: str = "", name: str = "supervisor.sock"
    ) -> tuple[int, str]:
        client = self.client(name)
        client.send(f"WRITEDATA {handler} {len(value.encode())}\r\n{value}")
        try:
            return client.reply()
        finally:
            client.close()

    def read(self, handler: str, name: str = "supervisor.sock") -> str:
        client = self.client(name)
        try:
            return client.read(handler)
        finally:
            client.close()

    def worker(self, handler: str) -> str:
        return self.read(handler, "control.sock")

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read("status"))
        return found

    def request(self, release: str, text: str = WIRES, **more: object) -> str:
        """Return the request for a takeover by a release whose configuration is `text`."""
        config = self.directory / f"{release}.click"
        config.write_text(text)
        self._attempts += 1
        fields = {
            "attempt": f"a{self._attempts}",
            "release": release,
            "driver": self.driver,
            "config": config,
        }
        return "".join(f"{key}={value}\n" for key, value in {**fields, **more}.items())

    def takeover(self, release: str, text: str = WIRES, **more: object) -> dict[str, Any]:
        """Take over, which must succeed once nothing else is under way; return the report."""
        asked = self.request(release, text, **more)
        code, answer = self.write("takeover", asked)
        deadline = time.monotonic() + PATIENCE
        while answer.startswith("busy: ") and time.monotonic() < deadline:
            time.sleep(0.01)
            code, answer = self.write("takeover", asked)
        assert code == 200, answer
        report: dict[str, Any] = json.loads(answer)
        return report

    def refused(self, release: str, text: str = WIRES, **more: object) -> str:
        """Take over, which must fail; return the reason."""
        code, answer = self.write("takeover", self.request(release, text, **more))
        assert code == 520, answer
        return answer

    def confirm(self, release: str) -> None:
        assert self.write("confirm", release)[0] == 200

    def confirmed(self, release: str, text: str = WIRES) -> None:
        self.takeover(release, text)
        self.confirm(release)

    def events(self, *names: str) -> list[dict[str, str]]:
        # The last line may be incomplete.
        lines = (self.directory / "log.jsonl").read_text().split("\n")[:-1]
        return [event for event in map(json.loads, lines) if event["event"] in names]

    def memory_of(self, name: str) -> Path:
        """Return the file that is the memory of a table of the running release."""
        wanted = self.status()["tables"][name]
        folder = Path(f"/proc/{self.process.pid}/fd")
        tables = [path for path in folder.iterdir() if f"click-up {name}" in _target(path)]
        (found,) = [path for path in tables if _size_and_layout(path).items() <= wanted.items()]
        return found

    def pid(self) -> int:
        return int(self.status()["active"]["pid"])

    def wait_for(self, condition: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        until(lambda: condition(self.status()), what)
        return self.status()

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        until(self._answers, "the supervisor listens")
        return self

    def _answers(self) -> bool:
        if self.process.poll() is not None and self.process.stderr is not None:
            raise AssertionError(self.process.stderr.read())
        with socket.socket(socket.AF_UNIX) as trial:
            trial.settimeout(1)
            try:
                trial.connect(str(self.directory / "supervisor.sock"))
                return trial.recv(6) == b"Click:"
            except OSError:  # or a dying child of the last supervisor still has its socket
                return False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=30)
        if error is None:
            assert not said, said


def _target(link: Path) -> str:
    """Return the target of a link in /proc that may vanish at any moment."""
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return ""


def _size_and_layout(memory: Path) -> dict[str, object]:
    """Return size and layout of a state table, as `status` reports them (StateHeader)."""
    with memory.open("rb") as file:
        header = os.pread(file.fileno(), 256, 0)
    version, layout = struct.unpack_from("<12xIQ", header)
    return {"bytes": memory.stat().st_size, "layout": f"{layout:016x}", "version": version}


def socket_in(
    namespace: Namespace,
    kind: socket.SocketKind = socket.SOCK_DGRAM,
    family: socket.AddressFamily = socket.AF_INET,
) -> socket.socket:
    """Open a socket in another network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as ours, open(namespace.path) as theirs:
        assert libc.setns(theirs.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            return socket.socket(family, kind)
        finally:
            assert libc.setns(ours.fileno(), CLONE_NEWNET) == 0


class Stream:
    """Numbered datagrams from client to server while the block runs; `lost` did not arrive."""

    def __init__(self, network: Network, per_second: int = 2000) -> None:
        self._interval = 1 / per_second
        self._out, self._in = socket_in(network.client), socket_in(network.server)
        self._in.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        with suppress(PermissionError):  # root of a user namespace has what it is allowed
            self._in.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self._in.bind((SERVER_ADDRESS, 9000))
        self._in.settimeout(0.3)
        self._done = threading.Event()
        self._threads = [
            threading.Thread(target=self._send),
            threading.Thread(target=self._receive),
        ]
        self.sent = 0
        self.arrived: list[int] = []

    def _send(self) -> None:
        begin = time.monotonic()
        while not self._done.is_set():
            self._out.sendto(self.sent.to_bytes(8, "big"), (SERVER_ADDRESS, 9000))
            self.sent += 1
            time.sleep(max(0.0, begin + self.sent * self._interval - time.monotonic()))

    def _receive(self) -> None:
        while True:
            try:
                self.arrived.append(int.from_bytes(self._in.recv(64), "big"))
            except TimeoutError:
                if self._done.is_set():
                    return

    @property
    def lost(self) -> set[int]:
        return set(range(self.sent)) - set(self.arrived)

    def run_on(self, packets: int = 200) -> None:
        """Wait until this many more packets have arrived."""
        goal = len(self.arrived) + packets
        until(lambda: len(self.arrived) >= goal, "traffic flows")

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.run_on(1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()
        words = self._in.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 4 * (MEMINFO_DROPS + 1))
        overflowed = struct.unpack_from("=I", words, 4 * MEMINFO_DROPS)[0]
        self._out.close()
        self._in.close()
        assert error or not overflowed, f"the test itself did not take {overflowed} datagrams"


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
