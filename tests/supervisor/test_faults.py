"""New drivers that fail, workers that die: the old one goes on, or forwarding resumes at once."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from reconciler.testbed.network import Network
from tests.netns import needs_sandbox
from tests.supervisor.running import WIRES, Stream, Supervised, until

pytestmark = needs_sandbox


@pytest.mark.parametrize(
    ("phase", "kind", "reason"),
    [
        ("configure", "error", "told to fail"),
        ("initialize", "error", "told to fail"),
        ("configure", "crash", "killed by signal"),
        ("initialize", "exit", "exited with code 7"),
        ("configure", "hang", "not ready within 2000 ms"),
        ("initialize", "hang", "not ready within 2000 ms"),
        ("resume", "crash", "killed by signal"),
        ("resume", "exit", "exited with code 7"),
        ("resume", "hang", "did not begin to forward in time"),
    ],
)
def test_a_new_driver_that_fails_stops_nothing(
    forwarding: Supervised, network: Network, phase: str, kind: str, reason: str
) -> None:
    before = forwarding.pid()
    with Stream(network) as stream:
        stream.run_on()
        why = forwarding.refused("two", WIRES + f"Fault({phase}, {kind});", start_timeout_ms=2000)
        stream.run_on()
    assert reason in why and "the release before it goes on" in why
    assert not stream.lost
    status = forwarding.status()
    assert (
        forwarding.pid() == before and status["state"] == "forwarding" and status["restarts"] == 0
    )
    assert status["last_takeover"]["result"] == "failed"
    forwarding.takeover("three")


def test_errors_of_a_configuration_are_told_together(forwarding: Supervised) -> None:
    why = forwarding.refused("two", "Wire(eth0); Nothing(1); Wire(eth0, eth1)")
    assert "two.click:1:" in why and "Nothing" in why
    why = forwarding.refused("three", "Wire(eth0, nonesuch)")
    assert "no interface 'nonesuch'" in why and "eth1" in why


def test_interfaces_that_do_not_exist_use_up_nothing(supervised: Supervised) -> None:
    typing_errors = "".join(f"w{i} :: Wire(none{i}, nil{i});" for i in range(20))
    assert "no interface 'nil19'" in supervised.refused("one", typing_errors)
    supervised.takeover("two")


def test_a_driver_that_cannot_be_run(forwarding: Supervised, tmp_path: Path) -> None:
    driver = tmp_path / "broken"
    driver.write_bytes(b"\x7fELF nonsense")
    driver.chmod(0o755)
    assert "cannot run the driver" in forwarding.refused("two", driver=driver)
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 100\n")
    sleeper.chmod(0o755)
    assert "not ready within 300 ms" in forwarding.refused(
        "three", driver=sleeper, start_timeout_ms=300
    )
    assert forwarding.status()["state"] == "forwarding"


def test_a_failure_and_the_end_after_it_are_seen_together(
    forwarding: Supervised, tmp_path: Path
) -> None:
    late = tmp_path / "late"
    late.write_text(f'#!/bin/sh\nsleep 0.5\nexec {forwarding.driver} "$@"\n')
    late.chmod(0o755)
    client = forwarding.client()
    value = forwarding.request("two", WIRES + "Fault(configure, error);", driver=late)
    client.send(f"WRITEDATA takeover {len(value)}\r\n{value}")
    until(lambda: len(forwarding.events("worker_started")) == 2, "it starts")
    forwarding.process.send_signal(signal.SIGSTOP)
    try:
        started = Path(f"/proc/{forwarding.events('worker_started')[1]['pid']}/stat")
        until(lambda: started.read_text().rpartition(")")[2].split()[0] == "Z", "it ends")
    finally:
        forwarding.process.send_signal(signal.SIGCONT)
    code, why = client.reply()
    assert code == 520 and "told to fail" in why
    assert forwarding.status()["state"] == "forwarding"


def test_a_worker_that_dies_while_the_next_one_loads_is_started_again(
    forwarding: Supervised,
) -> None:
    client = forwarding.client()
    value = forwarding.request("two", WIRES + "Fault(configure, hang);")
    client.send(f"WRITEDATA takeover {len(value)}\r\n{value}")
    until(lambda: len(forwarding.events("worker_started")) == 2, "the next one starts")
    os.kill(forwarding.pid(), signal.SIGKILL)
    code, why = client.reply()
    assert code == 520 and "the forwarding worker killed by signal 9" in why
    status = forwarding.wait_for(lambda now: now["restarts"] == 1, "restarts")
    assert status["active"]["release"] == "one" and status["state"] == "forwarding"


@pytest.mark.parametrize("kind", ["crash", "hang"])
def test_a_new_driver_that_fails_on_probation_is_reverted(
    forwarding: Supervised, network: Network, tmp_path: Path, kind: str
) -> None:
    before = forwarding.pid()
    armed = tmp_path / "armed"
    with Stream(network, 300) as stream:  # two seconds of it fit the receiver's buffer
        forwarding.takeover("two", WIRES + f"Fault(task, {kind}, ONCE {armed});")
        stream.run_on()
        armed.touch()
        forwarding.wait_for(lambda now: now["reverts"] == 1, "reverts")
        stream.run_on()
    status = forwarding.status()
    assert forwarding.pid() == before and status["state"] == "forwarding"
    assert (
        status["last_takeover"]["result"] == "reverted"
        and "killed" in status["last_takeover"]["reason"]
    )
    assert 0 < status["last_takeover"]["pause_ns"] < 2_000_000_000, (
        "from its death, not its hanging"
    )
    assert not stream.lost, "what came meanwhile waited in the ring"


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_dies_or_hangs_is_started_again(
    forwarding: Supervised, network: Network, kind: signal.Signals
) -> None:
    before = forwarding.pid()
    with Stream(network, 300) as stream:
        stream.run_on()
        os.kill(before, kind)
        forwarding.wait_for(lambda now: now["restarts"] == 1, "restarts")
        stream.run_on()
    assert len(stream.lost) <= 1, "at most the packet that was on its way through the worker"
    assert forwarding.status()["state"] == "forwarding" and forwarding.pid() != before
    (restarted,) = forwarding.events("worker_restarted")
    assert 0 < int(restarted["pause_ns"]) < 2_000_000_000, "from its death, not from its start"


def test_state_outlives_a_worker(supervised: Supervised) -> None:
    supervised.confirmed("one", WIRES + "records :: Memory(7);")
    supervised.write("records.value", "42", "control.sock")
    os.kill(supervised.pid(), signal.SIGKILL)
    supervised.wait_for(lambda now: now["restarts"] == 1, "restarts")
    assert supervised.worker("records.value") == "42"


def test_a_crash_loop_is_slowed_down_reported_and_ended_by_a_takeover(
    forwarding: Supervised, tmp_path: Path
) -> None:
    armed = tmp_path / "armed"
    forwarding.confirmed("two", WIRES + f"Fault(task, crash, ONCE {armed});")
    for _ in range(9):
        restarts = forwarding.status()["restarts"]
        armed.touch()
        forwarding.wait_for(lambda now, seen=restarts: now["restarts"] > seen, "restarts")  # type: ignore[misc]
    armed.touch()
    status = forwarding.wait_for(lambda now: bool(now["problem"]), "reports the loop")
    assert "10 times in a row" in status["problem"] and status["state"] == "starting"
    assert forwarding.events("crash_loop")
    forwarding.takeover("three")
    assert forwarding.status()["state"] == "probation"


def test_a_dead_parked_worker_is_loaded_again_for_a_revert(
    forwarding: Supervised, network: Network
) -> None:
    with Stream(network) as stream:
        forwarding.takeover("two")
        os.kill(forwarding.status()["parked"]["pid"], signal.SIGKILL)
        forwarding.wait_for(lambda now: now["parked"]["pid"] == 0, "notices")
        assert forwarding.write("revert")[0] == 200
        stream.run_on()
    assert not stream.lost
    assert forwarding.status()["active"]["release"] == "one"


def test_a_worker_that_does_not_pause_is_replaced_or_kept(
    supervised: Supervised, network: Network
) -> None:
    supervised.confirmed("one", WIRES + "Fault(pause, hang);")
    with Stream(network) as stream:
        report = supervised.takeover("two")
        stream.run_on()
    assert report["release"] == "two" and not stream.lost
    assert supervised.status()["parked"]["pid"] == 0, "it made no progress and was killed"


def test_the_pause_of_a_worker_that_hangs_begins_when_it_was_told_to_pause(
    forwarding: Supervised,
) -> None:
    forwarding.confirmed("two")  # leaves the times of an earlier pause behind
    time.sleep(1.5)
    os.kill(forwarding.pid(), signal.SIGSTOP)
    report = forwarding.takeover("three")
    assert 400_000_000 < report["pause_ns"] < 1_400_000_000
