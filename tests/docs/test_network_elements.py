"""Every network element of the example repository is drawn, described, and listed in README.md."""

from __future__ import annotations

import re
from itertools import dropwhile, takewhile
from pathlib import Path
from textwrap import dedent

import pytest

from reconciler.testbed.desired import parse_object

ROOT = Path(__file__).parents[2]
ELEMENTS = sorted((ROOT / "desired_state" / "elements").glob("*.yaml"))
DOCUMENT = (ROOT / "desired_state" / "README.md").read_text()
SECTION = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
PARAGRAPH_AND_DRAWING = re.compile(r"\n(?:.+\n)+\n```\n((?:.*\n)*?)```\n")
LINK = re.compile(r"^\| \[(\S+)\]\(desired_state/README\.md#(\S+)\) \| (.*) \|$", re.M)


def drawing_of(element: Path) -> str:
    """Return the indented lines of the comment at the start of the file."""
    comment = takewhile(lambda line: line.startswith("#"), element.read_text().splitlines())
    below_text = dropwhile(lambda line: not line.startswith("#   "), comment)
    lines = takewhile(lambda line: line.startswith("#   "), below_text)
    return dedent("\n".join(line[1:] for line in lines))


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda path: path.stem)
def test_a_network_element_is_described_and_drawn(element: Path) -> None:
    section = dict(SECTION.findall(DOCUMENT))[element.stem]
    described = PARAGRAPH_AND_DRAWING.match(section)
    assert described, "no paragraph with a drawing below it"
    assert described[1].rstrip("\n") == drawing_of(element)
    assert "─▶" in described[1]


def test_the_document_describes_nothing_else() -> None:
    named = [name for name, _ in SECTION.findall(DOCUMENT)]
    assert sorted(named) == [element.stem for element in ELEMENTS]


def test_the_readme_lists_them_with_their_summaries() -> None:
    listed = LINK.findall((ROOT / "README.md").read_text())
    summaries = {path.stem: parse_object(path.read_text())["spec"]["summary"] for path in ELEMENTS}
    assert listed == [(name, name, summary) for name, summary in summaries.items()]
