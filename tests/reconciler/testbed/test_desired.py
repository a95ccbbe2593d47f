"""The operator's repository is the example, reduced to one firewall."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from reconciler.demo.walkthrough import BROKEN, NEW, RELEASES
from reconciler.load import load
from reconciler.testbed.desired import (
    Commits,
    one_firewall,
    parse_object,
    path_of,
    read_files,
    with_rule,
)
from reconciler.testbed.network import Namespace

EXAMPLE = Path(__file__).parents[3] / "desired_state"
FILES = read_files(EXAMPLE)
NAMESPACE = cast(Namespace, SimpleNamespace(path="/proc/1/ns/net"))
ONE = one_firewall(FILES, NAMESPACE, Path("/tmp/place"), {"soak": "1s", "probes": []})


def test_it_is_one_valid_instance() -> None:
    repository = load(ONE)
    assert repository.diagnostics == ()
    (desired,) = repository.instances()
    assert desired.device.spec.netns == "/proc/1/ns/net"
    assert desired.device.spec.directory == "/tmp/place"
    assert desired.rollout.spec.verify.soak == 1.0
    assert desired.rollout.spec.verify.probes == ()


def test_the_network_element_is_the_example_s_word_for_word() -> None:
    path = path_of(FILES, "NetworkElement", "edge-firewall")
    assert ONE[path] == FILES[path]


@pytest.mark.parametrize("name", [NEW, BROKEN])
def test_releases_of_the_demo_are_valid(name: str) -> None:
    text = (RELEASES / name).read_text()
    changed = {**ONE, path_of(ONE, "NetworkElement"): text}
    assert load(changed).diagnostics == ()


def test_a_rule_and_a_version_are_added_and_comments_stay() -> None:
    text = (RELEASES / NEW).read_text()
    changed = with_rule(text, "tcp dst port 8080", "2.0.1")
    assert parse_object(changed)["spec"]["parameters"]["allowed"][-1] == "tcp dst port 8080"
    assert parse_object(changed)["spec"]["version"] == "2.0.1"
    assert changed.startswith("# A stateful firewall")


def test_a_missing_kind_is_named() -> None:
    with pytest.raises(KeyError, match="no Rollout other"):
        path_of(ONE, "Rollout", "other")


def test_commits_are_commits(tmp_path: Path) -> None:
    commits = Commits(tmp_path / "repository", {"a/b.yaml": "x: 1\n"})
    made = commits.commit("second", {"a/b.yaml": "x: 2\n"})
    log = subprocess.run(
        ["git", "-C", str(commits.folder), "log", "--format=%H %s", "main"],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert log[0] == f"{made} second"
    assert len(log) == 2
