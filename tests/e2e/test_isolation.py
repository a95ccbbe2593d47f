"""Ten mistakes in several files: all are reported at once, and only their own devices
are affected.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from reconciler.build import Builder
from reconciler.demo.walkthrough import NEW, Scenario
from reconciler.outcome import OutcomeKind
from reconciler.testbed.desired import edit_object, path_of
from reconciler.testbed.merges import following
from reconciler.testbed.site import Site
from schemas.status import ConditionStatus, ConditionType
from tests.e2e.support.caches import ROOT
from tests.e2e.support.waiting import eventually

WRONG_ELEMENT = """\
apiVersion: click-up/v1alpha1
kind: NetworkElement
metadata: {name: wrong}
spec:
  version: 1.0.0
  interfaces: [lan]
  atoms:
    in: {use: Recieve, with: {interface: lan}}
    out: {use: Send, with: {interface: wan}}
    whitelist: {use: Allow, with: {rulez: [icmp]}}
    second: {use: Allow, with: {rules: [icmp]}}
  flow:
    - second[allwed] -> second
    - in -> nowhere
"""
WRONG_SHAPE = """\
apiVersion: click-up/v1alpha1
kind: NetworkElement
metadata: {name: shape}
spec:
  version: 1.0
  atoms: {}
  flows: []
"""
WRONG_DEVICE = """\
apiVersion: click-up/v1alpha1
kind: Device
metadata: {name: wrong1, labels: {role: wrong}}
spec:
  platfrom: linux/amd64
  directory: relative/path
"""
WRONG_ROLLOUT = """\
apiVersion: click-up/v1alpha1
kind: Rollout
metadata: {name: wrong}
spec:
  element: wrong
  devices: {names: [wrong1, missing9]}
  verify: {soak: 2, probes: [sessions.count]}
"""
WRONG = {
    "elements/wrong.yaml": WRONG_ELEMENT,
    "elements/shape.yaml": WRONG_SHAPE,
    "devices/wrong1.yaml": WRONG_DEVICE,
    "rollouts/wrong.yaml": WRONG_ROLLOUT,
    "elements/unreadable.yaml": "apiVersion: click-up/v1alpha1\nkind: NetworkElement\nspec: [1,\n",
}
# There is a mistake on each of these lines.
MISTAKES = {
    ("elements/wrong.yaml", line) for line in (8, 9, 10, 13, 14)
} | {
    ("elements/shape.yaml", 5), ("elements/shape.yaml", 7),
    ("devices/wrong1.yaml", 5), ("devices/wrong1.yaml", 6),
    ("rollouts/wrong.yaml", 7),
}  # fmt: skip


def test_validate_reports_every_mistake_with_its_place(tmp_path: Path) -> None:
    for name, text in WRONG.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    seen = subprocess.run(
        [sys.executable, "-m", "reconciler.cli.main", "validate", str(tmp_path)],
        capture_output=True, text=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    said = seen.stdout + seen.stderr
    assert seen.returncode == 1, said
    places = {
        (Path(file).relative_to(tmp_path).as_posix() if Path(file).is_absolute() else file, int(n))
        for file, n in re.findall(r"^\W*([\w/.-]+\.yaml):(\d+):\d+:", said, re.MULTILINE)
    }
    assert places >= MISTAKES, said
    assert any(file == "elements/unreadable.yaml" for file, _ in places), said
    assert len(re.findall(r"\.yaml:\d+:\d+:", said)) >= 10, said


async def test_a_bad_file_stalls_its_own_device_only(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    device, rollout = (path_of(scenario.first, kind) for kind in ("Device", "Rollout"))

    def second_device(document: dict[str, dict[str, object]]) -> None:
        document["metadata"] = {"name": "wrong1"}
        document["spec"]["directory"] = str(site.folder / "wrong1")
        document["spec"]["interfaces"] = {"lan": "eth7", "wan": "eth8"}

    def second_rollout(document: dict[str, dict[str, object]]) -> None:
        document["metadata"] = {"name": "wrong"}
        document["spec"].update({"element": "wrong", "devices": {"names": ["wrong1"]}})

    wrong = {
        "elements/wrong.yaml": WRONG_ELEMENT,
        "devices/wrong1.yaml": edit_object(scenario.first[device], second_device),
        "rollouts/wrong.yaml": edit_object(scenario.first[rollout], second_rollout),
    }
    async with following(site, scenario.first, builder, "run") as running:
        await asyncio.sleep(1.6)
        await asyncio.to_thread(
            running.commits.commit, "good and bad", {**wrong, **scenario.release(NEW)}
        )

        async def both_decided() -> bool:
            kinds = [outcome.kind for _, outcome in running.witness.ended[1:]]
            return {OutcomeKind.APPLIED, OutcomeKind.STALLED} <= set(kinds)

        await eventually(both_decided, 20)
        good = running.ledger.instance(running.key).status
        bad = running.ledger.instance("wrong1/wrong").status
        assert good is not None
        assert bad is not None
        assert good.version == "2.0.0"
        ready = good.condition(ConditionType.READY)
        stalled = bad.condition(ConditionType.STALLED)
        assert ready is not None
        assert ready.status is ConditionStatus.TRUE
        assert stalled is not None
        assert stalled.status is ConditionStatus.TRUE
        assert "elements/wrong.yaml:8:" in stalled.message
