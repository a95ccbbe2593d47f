"""One driver with the element classes of elements.cc for all tests of the runtime."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cpp import compile_driver
from tests.driver.running import Run, RunningDriver

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("driver") / "driver"
    return compile_driver(out, [], sources=[HERE / "elements.cc"])


@pytest.fixture
def run(driver: Path) -> Run:
    """Runs the driver on a text with more options, to its end."""

    def run_text(text: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = [str(driver), "-e", text, *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    return run_text


@pytest.fixture
def start(driver: Path, tmp_path: Path) -> Iterator[Callable[[str], RunningDriver]]:
    """Starts the driver on a text with a control socket; it ends with the test."""
    with ExitStack() as stack:
        yield lambda text: stack.enter_context(RunningDriver(driver, text, tmp_path / "control"))
