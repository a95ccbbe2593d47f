"""Click's control protocol 1.3, byte by byte."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cpp import compile_program

BANNER = b"Click::ControlSocket/1.3\r\n"
Connect = Callable[[], socket.socket]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("control") / "control_server"
    return compile_program(out, [Path(__file__).parent / "control_server.cc"])


@pytest.fixture
def connect(program: Path, tmp_path: Path) -> Iterator[Connect]:
    """Run a server; open connections to it and read its banner."""
    path = tmp_path / "socket"
    server = subprocess.Popen(
        [str(program), str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdout is not None and server.stdout.readline() == b"listening\n"
    opened: list[socket.socket] = []

    def open_one() -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(10)
        client.connect(str(path))
        opened.append(client)
        expect(client, BANNER)
        return client

    yield open_one
    for client in opened:
        client.close()
    server.communicate()
    assert server.returncode == 0


def expect(client: socket.socket, data: bytes) -> None:
    received = b""
    while len(received) < len(data) and (chunk := client.recv(len(data) - len(received))):
        received += chunk
    assert received == data


def closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"READ echo\r\n", b"200 Read handler 'echo' OK\r\nDATA 0\r\n"),
        (b"get echo  a b \n", b"200 Read handler 'echo' OK\r\nDATA 3\r\na b"),
        (b"READDATA echo 4\r\na\r\nb", b"200 Read handler 'echo' OK\r\nDATA 4\r\na\r\nb"),
        (b"READUNTIL echo end\r\na\r\nb\nend\n", b"200 Read handler 'echo' OK\r\nDATA 4\r\na\nb\n"),
        (b"READUNTIL echo\na\n\n", b"200 Read handler 'echo' OK\r\nDATA 2\r\na\n"),
        (b"WRITE value 5\r", b"200 Write handler 'value' OK\r\n"),
        (b"WRITE value 5\r\n\r\n\r\nREAD value\r\n",
         b"200 Write handler 'value' OK\r\n200 Read handler 'value' OK\r\nDATA 1\r\n5"),
        (b"set value x y\nWRITEDATA value 3\na\nbGET value\n",
         b"200 Write handler 'value' OK\r\n" * 2
         + b"200 Read handler 'value' OK\r\nDATA 3\r\na\nb"),
        (b"WRITEUNTIL value .\nq\n.\nREAD value\n",
         b"200 Write handler 'value' OK\r\n200 Read handler 'value' OK\r\nDATA 2\r\nq\n"),
        (b"WRITE warned\n", b"220-Write handler 'warned' OK with warnings:\r\n220 mind this\r\n"),
        (b"READ failing\n", b"520-first line\r\n520 second line\r\n"),
        (b"READ none\n", b"511 No such handler\r\n"),
        (b"READ some.count\n", b"510 No such element\r\n"),
        (b"WRITE echo 1\n", b"530 Permission denied\r\n"),
        (b"CHECKREAD echo\nCHECKWRITE echo\n",
         b"200 Read handler 'echo' OK\r\n530 Permission denied: 'echo'\r\n"),
        (b"CHECKWRITE none\n", b"511 No such handler: 'none'\r\n"),
        (b"READ\n", b"500 READ needs the name of a handler\r\n"),
        (b"CHECKREAD a b\n", b"500 CHECKREAD has too many words\r\n"),
        (b"WRITEDATA value\n", b"500 WRITEDATA needs a handler and a number of bytes\r\n"),
        (b"WRITEDATA value -1\n", b"500 WRITEDATA needs a handler and a number of bytes\r\n"),
        (b"FROB x\n", b"501 Command 'FROB' is not implemented, try HELP\r\n"),
        (b"LLRPC x#1 4\n", b"501 LLRPC is not supported, use READ and WRITE\r\n"),
    ],
)  # fmt: skip
def test_commands(connect: Connect, sent: bytes, answer: bytes) -> None:
    client = connect()
    client.sendall(sent)
    expect(client, answer)


def test_commands_may_arrive_in_pieces(connect: Connect) -> None:
    client = connect()
    for byte in b"WRITEDATA value 4\r\n1\r\n2\r\nREAD value\r":
        client.sendall(bytes([byte]))
    expect(
        client, b"200 Write handler 'value' OK\r\n200 Read handler 'value' OK\r\nDATA 4\r\n1\r\n2"
    )
    client.sendall(b"\nREAD echo x\n")
    expect(client, b"200 Read handler 'echo' OK\r\nDATA 1\r\nx")


def test_quit_answers_what_came_before_and_closes(connect: Connect) -> None:
    client = connect()
    client.sendall(b"READ echo 1\nQUIT\nREAD echo 2\n")
    expect(client, b"200 Read handler 'echo' OK\r\nDATA 1\r\n1200 Goodbye!\r\n")
    assert closed(client)


def test_a_deferred_answer_keeps_the_order_and_delays_nobody_else(connect: Connect) -> None:
    first, second = connect(), connect()
    first.sendall(b"WRITE later\nREAD echo after\n")
    second.sendall(b"READ echo meanwhile\nWRITE now\n")
    expect(
        second, b"200 Read handler 'echo' OK\r\nDATA 9\r\nmeanwhile200 Write handler 'now' OK\r\n"
    )
    expect(first, b"200 late\r\n200 Read handler 'echo' OK\r\nDATA 5\r\nafter")


def test_a_client_that_leaves_before_its_answer_harms_nobody(connect: Connect) -> None:
    first, second = connect(), connect()
    first.sendall(b"WRITE later\n")
    second.sendall(b"READ echo x\n")
    expect(second, b"200 Read handler 'echo' OK\r\nDATA 1\r\nx")
    first.close()
    second.sendall(b"WRITE now\n")
    expect(second, b"200 Write handler 'now' OK\r\n")


def test_a_client_that_stops_sending_still_gets_its_answers(connect: Connect) -> None:
    client = connect()
    client.sendall(b"READ echo 1\nREAD echo 2\n")
    client.shutdown(socket.SHUT_WR)
    expect(client, b"".join(b"200 Read handler 'echo' OK\r\nDATA 1\r\n%d" % n for n in (1, 2)))
    assert closed(client)


def test_a_client_that_does_not_read_delays_nobody_else(connect: Connect) -> None:
    slow, quick = connect(), connect()
    slow.sendall(b"READ big\n" * 20)
    for _ in range(20):
        quick.sendall(b"READ echo x\n")
        expect(quick, b"200 Read handler 'echo' OK\r\nDATA 1\r\nx")
    for _ in range(20):
        expect(slow, b"200 Read handler 'big' OK\r\nDATA 8388608\r\n")
        left = 8 << 20
        while left:
            left -= len(slow.recv(min(left, 1 << 20)))


def test_input_is_bounded(connect: Connect) -> None:
    for sent in (
        b"x" * (3 << 20),
        b"WRITEDATA value 99999999999999999999\n",
        b"READUNTIL echo end\n" + b"y\n" * (1 << 20),
    ):
        client = connect()
        try:
            client.sendall(sent)
        except OSError:
            assert len(sent) > 1 << 20
        with closing(client.makefile("rb")) as answers:
            try:
                assert answers.readline().startswith(b"521 ")
                assert closed(client)
            except ConnectionResetError:
                assert len(sent) > 1 << 20


def test_a_handler_may_close_its_own_connection(connect: Connect) -> None:
    client = connect()
    client.sendall(b"WRITE close\nREAD echo x\n")
    assert closed(client)
    expect_again = connect()
    expect_again.sendall(b"READ echo x\n")
    expect(expect_again, b"200 Read handler 'echo' OK\r\nDATA 1\r\nx")


def test_help_is_several_lines(connect: Connect) -> None:
    client = connect()
    client.sendall(b"HELP\n")
    expect(client, b"200-Commands:\r\n200-READ handler [parameters]")


def test_what_stands_in_the_way_of_listening(
    program: Path, connect: Connect, tmp_path: Path
) -> None:
    def refused(path: Path) -> str:
        done = subprocess.run(
            [str(program), str(path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        return done.stderr

    connect()
    assert "another process answers there" in refused(tmp_path / "socket")
    (tmp_path / "file").touch()
    assert "a file that is not a socket is in the way" in refused(tmp_path / "file")
    assert "107 are possible" in refused(tmp_path / ("x" * 120))
    assert "No such file or directory" in refused(tmp_path / "none" / "socket")
