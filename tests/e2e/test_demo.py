"""The demo's part about click-up, on a small scale: its upgrades, its revert, and the files it
writes.
"""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path

from rich.console import Console

from reconciler.build import Builder
from reconciler.demo.report import Priorities, Report, write_report
from reconciler.demo.telling import Teller
from reconciler.demo.upgrades import merge_bad_release, upgrades
from reconciler.demo.walkthrough import Scenario
from reconciler.testbed.merges import following
from reconciler.testbed.site import Site
from tests.e2e.support.loads import SMALL


async def test_upgrades_and_revert_are_clean_and_written(
    site: Site, scenario: Scenario, cache_of_first: Path, tmp_path: Path
) -> None:
    tell = Teller(Console(file=StringIO()))
    builder = Builder(shutil.copytree(cache_of_first, site.folder / "cache"), site.library)
    async with following(site, scenario.first, builder, "demo") as running:
        strategy, converge, measured = await upgrades(site, running, scenario, SMALL, tell, 2)
        revert, reverted = await merge_bad_release(site, running, scenario, SMALL, tell)
        worker = await running.worker_priority()
    priorities = Priorities(worker=worker, measuring=strategy.measuring.priority)
    report = Report(
        strategies=(strategy,), revert=revert, converge_seconds=converge, priorities=priorities
    )
    assert report.failures() == ()
    assert strategy.ring_dropped == revert.ring_dropped == 0
    assert len(strategy.pauses_ms) == 2 and revert.revision_rejected
    assert strategy.sessions_after == strategy.sessions_before > 0
    write_report(tmp_path, report, (measured, reverted))
    raw = {one["name"]: one["takeovers"] for one in json.loads((tmp_path / "raw.json").read_text())}
    assert [report["result"] for _, report in raw["bad release"]] == ["running", "reverted"]
    fates = [report["states"]["sessions/sessions"]["fate"] for _, report in raw["click-up"]]
    assert fates == ["kept", "kept"]
