"""Click itself, where it is installed, does to the packets of the golden cases what we do.

A case says under `click` why it is not for Click. Classes that this Click was built without skip.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.elements.frames import frame, frames_of
from tests.elements.test_element_cases import CASES, printed
from tests.packets import read_pcap, write_pcap

CLICK = shutil.which("click")


def _for_click() -> list[str]:
    cases = ((path, YAML(typ="safe").load(path.read_text())) for path in CASES.glob("*/case.yaml"))
    return sorted(path.parent.name for path, case in cases if "click" not in case)


@pytest.mark.skipif(CLICK is None, reason="needs Click's program `click` on PATH")
@pytest.mark.parametrize("name", _for_click())
def test_click_agrees(name: str, tmp_path: Path) -> None:
    case = YAML(typ="safe").load((CASES / name / "case.yaml").read_text())
    frames = frames_of(case.get("frames", {}))
    write_pcap(tmp_path / "in.pcap", [frames[key] for key in case.get("input", frames)])
    handlers = case.get("handlers", {})
    asked = [word for handler in handlers for word in ("-h", handler)]
    done = subprocess.run(
        [str(CLICK), str(CASES / name / "config.click"), *asked],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if "unknown element class" in done.stderr or "undeclared element" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    for file, expressions in case.get("outputs", {}).items():
        found = [record.data.hex() for record in read_pcap(tmp_path / file)]
        assert found == [frame(text, frames).hex() for text in expressions], file
    assert done.stdout == printed(handlers)
