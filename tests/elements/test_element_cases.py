"""Golden cases: tests/cases/elements/<scenario>/{config.click,case.yaml}.

case.yaml: `frames` (name: expression), `input` (names in order; all frames by default),
`outputs` (pcap file: expressions of the frames it holds), `handlers` (name: text at the end),
`log` (lines on standard error), `click` (why Click is not asked too).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.elements.frames import Drive, frame, frames_of
from tests.packets import read_pcap, write_pcap

CASES = Path(__file__).parents[1] / "cases" / "elements"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in CASES.glob("*/case.yaml")))
def test_case(name: str, drive: Drive, tmp_path: Path) -> None:
    case = YAML(typ="safe").load((CASES / name / "case.yaml").read_text())
    frames = frames_of(case.get("frames", {}))
    write_pcap(tmp_path / "in.pcap", [frames[key] for key in case.get("input", frames)])
    handlers = case.get("handlers", {})
    done = drive((CASES / name / "config.click").read_text(), *handlers)
    assert done.returncode == 0, done.stderr
    for file, expressions in case.get("outputs", {}).items():
        found = [record.data.hex() for record in read_pcap(tmp_path / file)]
        assert found == [frame(text, frames).hex() for text in expressions], file
    assert done.stderr.splitlines() == case.get("log", [])
    assert done.stdout == printed(handlers)


def printed(handlers: dict[str, object]) -> str:
    """What -h prints: the bare text of one handler, else each under its name."""
    if len(handlers) == 1:
        return "".join(f"{text}\n" for text in handlers.values())
    return "".join(f"{name}:\n{text}\n\n" for name, text in handlers.items())
