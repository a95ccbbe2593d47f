"""`click-up plan` against devices on which nothing runs yet."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from reconciler.transports.local import own_platform

ROOT = Path(__file__).parents[3]
CACHE = ROOT / "build" / "tests" / "cache"
"""Cache of objects built as for a user, shared between tests."""


def plan(*arguments, data):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "reconciler.cli.main", "plan", *map(str, arguments)]
    return subprocess.run(
        [*command, "--data", str(data)], capture_output=True, text=True, env=environment
    )


def test_changes_exit_with_one_and_say_what_is_built_and_taken_over(tmp_path):
    done = plan(ROOT / "desired_state", data=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "edge1/edge-firewall: from nothing to " in done.stdout
    assert "+ sessions " in done.stdout and "(ElementAdded)" in done.stdout
    assert "classes to build: CheckIP6Header, " in done.stdout
    assert "steps: Build, Stage, Start, Takeover, Verify, Confirm (first start)" in done.stdout
    assert not (tmp_path / "devices").exists(), "a plan changes nothing"


def test_plans_for_programs(tmp_path):
    done = plan(ROOT / "desired_state", "-o", "json", data=tmp_path)
    [found] = json.loads(done.stdout)["plans"]
    assert found["takeover"] is True
    assert found["steps"][0]["kind"] == "Build"


def test_mistakes_exit_with_two_and_good_instances_are_planned(tmp_path):
    case = ROOT / "tests" / "cases" / "repositories" / "one-bad-device" / "input"
    done = plan(case, data=tmp_path)
    assert done.returncode == 2
    assert "good/bridge: from nothing" in done.stdout
    assert "✗ bad/bridge: not planned" in done.stderr
    assert "half.yaml:5:3: Interface not bound" in done.stderr


def test_a_device_of_another_platform_is_not_planned(tmp_path):
    shutil.copytree(ROOT / "desired_state", tmp_path / "net")
    device = tmp_path / "net" / "devices" / "edge1.yaml"
    (other,) = {"linux/amd64", "linux/arm64"} - {own_platform()}
    device.write_text(device.read_text().replace("driver: click-up", f"platform: {other}"))
    done = plan(tmp_path / "net", data=tmp_path / "data")
    assert done.returncode == 2
    assert f"devices/edge1.yaml:7:13: Other platform: {other}, but edge1 is" in done.stderr


def test_what_a_plan_built_serves_the_run_and_whatever_has_other_parameters(tmp_path):
    data, network = tmp_path / "data", tmp_path / "net"
    data.mkdir()
    CACHE.mkdir(parents=True, exist_ok=True)
    (data / "cache").symlink_to(CACHE)
    built = plan(ROOT / "desired_state", "--build", data=data)
    assert built.returncode == 1, built.stderr
    shutil.copytree(ROOT / "desired_state", network)
    element = network / "elements" / "edge-firewall.yaml"
    text = element.read_text()
    element.write_text(
        text.replace("65536", "131072").replace("tcp dst port 80", "tcp dst port 8080")
    )
    assert element.read_text() != text
    for folder in (ROOT / "desired_state", network):
        [found] = json.loads(plan(folder, "-o", "json", data=data).stdout)["plans"]
        assert found["classes_to_build"] == []


def test_an_unknown_instance_is_named(tmp_path):
    done = plan(ROOT / "desired_state", "--only", "edge2/edge-firewall", data=tmp_path)
    assert done.returncode == 2
    assert "known: edge1/edge-firewall" in done.stderr
