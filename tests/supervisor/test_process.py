"""The supervisor as a process: its directory, its end, its workers' end."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from reconciler.testbed.network import Network
from tests.netns import needs_sandbox
from tests.supervisor.running import Supervised, alive, until

pytestmark = needs_sandbox


def offloads(network: Network, interface: str) -> str:
    script = (
        "import sys, fcntl, socket, struct, ctypes\n"
        "s = socket.socket()\n"
        "for command in (0x14, 0x16, 0x18, 0x1e, 0x23, 0x2b):\n"
        "    value = ctypes.create_string_buffer(struct.pack('II', command, 0), 8)\n"
        "    place = ctypes.addressof(value)\n"
        "    fcntl.ioctl(s, 0x8946, struct.pack('16sP16x', sys.argv[1].encode(), place))\n"
        "    print(struct.unpack('II', value.raw)[1], end=' ')\n"
    )
    command = network.firewall.command("python3", "-c", script, interface)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_stop_ends_everything_and_puts_offloads_back(
    supervisor_program: Path, wire_driver: Path, tmp_path: Path, network: Network
) -> None:
    before = offloads(network, "eth0")
    assert "1" in before
    with Supervised(supervisor_program, wire_driver, tmp_path, network.firewall.path) as forwarding:
        forwarding.confirmed("one")
        assert set(offloads(network, "eth0").split()) == {"0"}
        worker = forwarding.pid()
        assert forwarding.write("stop")[0] == 200
        assert forwarding.process.wait(timeout=10) == 0
    assert offloads(network, "eth0") == before
    assert not alive(worker)
    left = {path.name for path in forwarding.directory.iterdir()}
    assert left == {"log.jsonl", "one.click"}
    closed = forwarding.events("interface_closed")
    assert {event["interface"] for event in closed} == {"eth0", "eth1"}
    assert "tcp-segmentation-offload" in closed[0]["offloads_put_back"]


def test_workers_never_outlive_their_supervisor(
    forwarding: Supervised, supervisor_program: Path, network: Network
) -> None:
    forwarding.takeover("two")
    status = forwarding.status()
    workers = [status["active"]["pid"], status["parked"]["pid"]]
    forwarding.process.kill()
    until(lambda: not any(map(alive, workers)), "workers die")
    forwarding.process.wait()
    assert set(offloads(network, "eth0").split()) == {"0"}
    again = Supervised(
        supervisor_program, forwarding.driver, forwarding.directory, network.firewall.path
    )
    with again:
        assert "1" in offloads(network, "eth0"), "what the killed one left off is put back"
        again.takeover("three")


def test_a_second_supervisor_is_refused(supervised: Supervised, supervisor_program: Path) -> None:
    command = [str(supervisor_program), "--directory", str(supervised.directory)]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"another supervisor (process {supervised.process.pid}) works in" in second.stderr
    assert supervised.status()["state"] == "idle"


def test_workers_get_no_other_descriptors(forwarding: Supervised) -> None:
    folder = Path(f"/proc/{forwarding.pid()}/fd")
    targets = {os.readlink(entry) for entry in folder.iterdir()}
    kinds = sorted({target.split(":")[0] for target in targets})
    # Streams and channel, page, control listener, two packet sockets.
    assert kinds in (
        ["/dev/null", "/memfd", "pipe", "socket"],
        ["/dev/null", "/memfd (deleted)", "pipe", "socket"],
    )
    assert len(targets) == 7


def test_a_worker_that_is_interrupted_from_a_terminal_stays(forwarding: Supervised) -> None:
    assert os.getsid(forwarding.pid()) == forwarding.pid()


def test_what_workers_print_is_logged(forwarding: Supervised) -> None:
    forwarding.refused("two", "Nothing(1);")
    assert forwarding.events("failed")[0]["attempt"] == "a2"
    names = [
        event["event"] for event in forwarding.events("started", "takeover", "confirmed", "failed")
    ]
    assert names == ["started", "takeover", "confirmed", "failed"]
    assert forwarding.read("log").count("\n") == len(
        (forwarding.directory / "log.jsonl").read_text().splitlines()
    )


def test_handlers_of_the_supervisor(supervised: Supervised) -> None:
    assert "status\tr\n" in supervised.read("handlers")
    assert supervised.read("list") == "0\n"
    client = supervised.client()
    client.send(
        "READ nothing\r\nREAD x.count\r\nREAD stop\r\nWRITE status 1\r\nCHECKWRITE stop\r\n"
    )
    assert [client.reply()[0] for _ in range(5)] == [511, 510, 530, 530, 200]


def test_bad_command_lines(supervisor_program: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(supervisor_program), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert run().returncode == 2
    assert run("--directory").returncode == 2
    done = run("--directory", str(tmp_path), "--netns", "/nonesuch")
    assert done.returncode == 1 and "cannot open the network namespace '/nonesuch'" in done.stderr


def test_stop_does_not_wait_for_a_worker_that_loads(supervised: Supervised) -> None:
    client = supervised.client()
    request = supervised.request("one", "Fault(configure, hang);")
    client.send(f"WRITEDATA takeover {len(request)}\r\n{request}")
    supervised.wait_for(lambda now: now["phase"] == "loading", "loads")
    assert supervised.write("stop")[0] == 200
    assert client.reply() == (520, "busy: the supervisor was told to stop")
    assert supervised.process.wait(timeout=10) == 0


def test_sigterm_stops(supervised: Supervised) -> None:
    supervised.takeover("one")
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait(timeout=10) == 0
