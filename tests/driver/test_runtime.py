from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cpp import compile_program
from tests.driver.running import Run, RunningDriver

HERE = Path(__file__).parent


def test_packets_are_pushed_and_pulled_to_the_end(run: Run) -> None:
    chain = "Emit(1000) -> Pass(DROP 4) -> s :: Split -> Store -> Pass -> a :: Swallow"
    text = f"{chain}; s [1] -> b :: Swallow"
    done = run(text, "-h", "a.count", "-h", "b.count")
    assert done.stdout == "a.count:\n375\n\nb.count:\n375\n\n"


def test_an_end_lets_everything_under_way_finish(run: Run) -> None:
    """Sinks stand before what they pull from, and the last packets have several queues to go."""
    chain = "d :: Swallow; m :: Relay(BURST 1); l :: Relay; Emit(900) -> Store -> l -> Store -> m"
    done = run(f"{chain}; m -> Store -> d", "-h", "d.count")
    assert (done.stdout, done.stderr) == ("900\n", "")


def test_an_end_waits_for_no_ring_of_queues(run: Run) -> None:
    done = run("Emit(10) -> a :: Store -> Relay -> b :: Store -> Relay -> a")
    assert done.returncode == 0


def test_unconnected_optional_outputs_release_packets(run: Run) -> None:
    # More packets than the pool holds, so a leak would end the flow early.
    done = run("Emit(400000) -> Split -> s :: Swallow", "-h", "s.count")
    assert done.stdout == "200000\n"


def test_timers_fire_while_nothing_else_happens(run: Run) -> None:
    began = time.monotonic()
    done = run("t :: Ticker(INTERVAL 20ms, LIMIT 10)", "-h", "t.ticks")
    assert done.stdout == "10\n"
    assert time.monotonic() - began > 0.17, "none was early"


def test_chatter_is_limited_and_says_how_much_it_left_out(run: Run) -> None:
    done = run("t :: Ticker(INTERVAL 20ms, LIMIT 52)")
    lines = done.stderr.splitlines()
    assert lines[:2] == ["t: tick 1", "t: tick 2"]
    assert any(line.endswith("lines left out)") for line in lines)
    assert len(lines) <= 21


def test_a_failing_handler_at_the_end_fails_the_run(run: Run) -> None:
    done = run("Emit -> Swallow", "-h", "x.count", "-h", "2.count")
    assert done.returncode == 1
    assert "No element named 'x'" in done.stderr
    assert "100" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_an_idle_driver_at_once(
    start: Callable[[str], RunningDriver], number: signal.Signals
) -> None:
    driver = start("Emit(STOP false) -> Swallow")
    driver.client().read("list")
    driver.process.send_signal(number)
    assert driver.wait() == 0


def test_an_idle_driver_uses_no_processor_time(start: Callable[[str], RunningDriver]) -> None:
    driver = start("Emit(STOP false) -> Swallow")
    client = driver.client()
    client.read("list")
    before = _processor_ticks(driver.process.pid)
    time.sleep(0.5)
    assert _processor_ticks(driver.process.pid) - before <= 2


def _processor_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize("sanitize", [None, "address,undefined"])
def test_runtime_checks(tmp_path: Path, sanitize: str | None) -> None:
    """Life cycle, drain, packet pool: see runtime_checks.cc."""
    sources = [HERE / "runtime_checks.cc", HERE / "elements.cc"]
    program = compile_program(tmp_path / "checks", sources, sanitize=sanitize)
    done = subprocess.run([program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
