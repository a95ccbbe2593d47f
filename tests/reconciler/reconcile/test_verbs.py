"""The verbs that show and control a reconciler's state, as separate processes."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from reconciler.outcome import OutcomeKind
from tests.reconciler.reconcile.house import House
from tests.reconciler.reconcile.pipeline import KEY


async def click_up(house: House, *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "reconciler.cli.main", *words, "--data", str(house.data)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def as_json(house: House, *words: str) -> Any:
    code, out, err = await click_up(house, *words, "-o", "json")
    assert code == 0, err
    return json.loads(out)


async def test_get_shows_devices_elements_and_rollouts(house: House) -> None:
    revision = house.repository.commit()
    await house.once()
    code, out, _ = await click_up(house, "get", "devices")
    header, row = out.splitlines()
    assert code == 0
    assert header.split() == [
        "INSTANCE", "REVISION", "VERSION", "SUSPENDED", "READY", "SYNCED", "HEALTHY",
        "CHECKPOINTED", "MESSAGE",
    ]  # fmt: skip
    short = revision[: len("main@sha1:") + 8]
    assert row.split()[:7] == [KEY, short, "1.0.0", "False", "True", "True", "True"]
    (device,) = await as_json(house, "get", "devices")
    assert (device["instance"], device["applied_revision"]) == (KEY, revision)
    assert {c["type"]: c["status"] for c in device["conditions"]}["Ready"] == "True"
    (element,) = await as_json(house, "get", "elements")
    assert element == {"name": "stream", "versions": ["1.0.0"], "instances": 1, "ready": 1}
    assert "all      1.0.0     1/1" in (await click_up(house, "get", "rollouts"))[1]


async def test_events_history_and_tree_tell_what_happened(house: House) -> None:
    house.repository.commit()
    await house.once()
    house.repository.commit(version="2.0.0", counter="counted")
    await house.once()
    events = await as_json(house, "events", KEY)
    assert [event["reason"] for event in events] == ["ReconciliationSucceeded"] * 2
    attempts = await as_json(house, "history", KEY)
    assert [a["outcome"] for a in attempts] == ["Applied", "Applied"]
    assert attempts[0]["report"]["running"]["pause_ns"] > 0
    assert " ms" in (await click_up(house, "history"))[1]
    tree = (await click_up(house, "tree", KEY))[1]
    assert (await click_up(house, "tree"))[1] == tree
    assert tree.startswith("Rollout/all\n└── Device/box\n    └── NetworkElement/stream 2.0.0\n")
    assert "├── Element/counted Counter" in tree


async def test_handlers_can_be_read_and_written(house: House) -> None:
    house.repository.commit()
    await house.once()
    assert (await click_up(house, "handler", "write", KEY, "made.rate", "12"))[0] == 0
    code, out, _ = await click_up(house, "handler", "read", KEY, "made.rate")
    assert (code, float(out)) == (0, 12)
    code, _, err = await click_up(house, "handler", "read", KEY, "made.nothing")
    assert (code, err.startswith("✗ made.nothing: ")) == (1, True)


async def test_suspend_reconcile_and_resume_reach_a_running_loop(house: House) -> None:
    house.repository.commit()
    async with house.running():

        async def outcome(kind: OutcomeKind) -> bool:
            seen = house.recorder.outcomes
            return bool(seen) and seen[-1].kind is kind

        await house.until(lambda: outcome(OutcomeKind.UNCHANGED))
        code, out, _ = await click_up(
            house, "suspend", KEY, "--reason", "maintenance", "--until", "2h"
        )
        assert (code, "is suspended until" in out) == (0, True)
        await house.until(lambda: outcome(OutcomeKind.SUSPENDED))
        (device,) = await as_json(house, "get", "devices")
        assert device["suspension"]["reason"] == "maintenance"
        assert (await click_up(house, "resume", KEY))[0] == 0
        await house.until(lambda: outcome(OutcomeKind.UNCHANGED))
        code, out, _ = await click_up(house, "reconcile", KEY, "--retry")
        assert (code, "✔" in out) == (0, True)


async def test_mistakes_are_explained(house: House) -> None:
    house.repository.commit()
    await house.once()
    code, _, err = await click_up(house, "tree", "box/other")
    assert (code, "known: box/stream" in err) == (1, True)
    code, _, err = await click_up(house, "suspend", KEY, "--reason", "x", "--until", "soon")
    assert (code, "write a duration such as 2h" in err) == (2, True)


async def test_run_once_reports_by_its_exit_code(house: House) -> None:
    where = ("--repository", str(house.repository.folder), "--once")
    house.repository.commit()
    code, out, _ = await click_up(house, "run", *where, "--path", "elsewhere")
    assert code == 1
    # The installed library lacks the atom that these tests add.
    code, out, _ = await click_up(house, "run", *where)
    assert (code, "✗ box/stream: Stalled: element.yaml:8:" in out) == (1, True)
    code, _, err = await click_up(house, "run", *where, "--reference", "other")
    assert (code, "has no branch 'other'" in err) == (1, True)


async def test_a_plan_shows_what_would_be_removed(house: House) -> None:
    house.repository.commit()
    await house.once()
    device = house.repository.folder / "device.yaml"
    device.write_text(device.read_text().replace("name: box", "name: case"))
    rollout = house.repository.folder / "rollout.yaml"
    rollout.write_text(rollout.read_text().replace("names: [box]", "names: [case]"))
    code, out, _ = await click_up(house, "plan", str(house.repository.folder), "--only", KEY)
    assert code == 1
    assert out.startswith(f"{KEY}: from ")
    assert "steps: Remove (stops forwarding)" in out


async def test_a_suspension_ends_in_the_future(house: House) -> None:
    words = ("suspend", KEY, "--reason", "x", "--until", "1999-12-31")
    assert await click_up(house, *words) == (
        2,
        "",
        "✗ --until 1999-12-31: that time is past; name a later one\n",
    )
