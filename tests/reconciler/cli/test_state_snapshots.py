"""Listing, naming and pruning snapshots."""

import json
from datetime import timedelta

import pytest

from reconciler.cli.main import main
from reconciler.store import Snapshots
from schemas.snapshot import Occasion
from tests.reconciler.observe.saved import keep, write
from tests.reconciler.store.snapshots import EDGE1, EDGE2, snapshot


@pytest.fixture
def snapshots(tmp_path):
    return Snapshots(tmp_path / "snapshots")


@pytest.fixture
def state(capsys, tmp_path):
    def run(*words):
        with pytest.raises(SystemExit) as end:
            main(["state", *map(str, words), "--data", str(tmp_path)])
        out, err = capsys.readouterr()
        return end.value.code or 0, out, err

    return run


def test_ls_lists_what_there_is(snapshots, state):
    for number in (1, 2):
        snapshots.add(snapshot(number), {})
    snapshots.add(snapshot(3, Occasion.REMOVAL, EDGE2), {})
    code, out, _ = state("ls")
    header, *rows = out.splitlines()
    assert code == 0 and header.split()[0] == "SNAPSHOT"
    assert [row.split()[0] for row in rows] == [
        f"{EDGE1}@20300131T180100Z-1", f"{EDGE1}@20300131T180200Z-2", f"{EDGE2}@20300131T180300Z-3",
    ]  # fmt: skip
    assert rows[2].split()[3:] == [
        "removal", "-", "main@sha1:00000000", "3", "sessions/sessions",
    ]  # fmt: skip
    listed = json.loads(state("ls", EDGE2, "-o", "json")[1])
    assert [one["occasion"] for one in listed] == ["removal"]


def test_show_diff_and_export_take_names(snapshots, state, tmp_path):
    keep(snapshots, write(tmp_path, 1, 2))
    keep(snapshots, write(tmp_path, 2, 3))
    code, out, _ = state("show", f"{EDGE1}@latest")
    assert (code, "sessions/sessions: 3 of 3 records" in out) == (0, True)
    first = next(one for one in snapshots.all() if one.id.endswith("-1"))
    code, out, _ = state("diff", first.name, EDGE1)
    assert (code, out.splitlines()[0]) == (1, "sessions/sessions: 0 removed, 1 added, 0 changed")
    assert state("export", EDGE1, "--to", tmp_path / "x.csv")[0] == 0
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "no-such-file"), 1, "no such file, and it is not the name of a snapshot"),
        (("show", f"{EDGE1}@1999"), 1, "there is no snapshot"),
        (("diff", EDGE2, EDGE2), 2, "there is no snapshot"),
        (("show", EDGE1), 1, "has no records: no checkpoint could be taken"),
        (("prune", "--older-than", "long"), 2, "a duration is a number with a unit"),
        (("import", EDGE1, f"{EDGE1}@1999"), 2, "there is no snapshot"),
    ],
)
def test_mistakes_are_explained(snapshots, state, words, code, said):
    snapshots.add(snapshot(1, Occasion.FOUND), {"handlers.json": "{}"})
    found, _, err = state(*words)
    assert (found, said in err) == (code, True), err


def test_prune_keeps_the_newest_of_each_instance(snapshots, state):
    for number in (1, 2, 3):
        snapshots.add(snapshot(number), {})
    snapshots.add(snapshot(4, Occasion.FOUND, EDGE2), {})
    code, out, _ = state("prune", "--dry-run")
    assert (code, len(out.splitlines())) == (0, 2)
    assert len(snapshots.all()) == 4
    assert state("prune", EDGE1, "--keep", 2)[1] == f"✔ removed {snapshot(1).name}\n"
    state("prune")
    assert snapshots.all() == (snapshot(3), snapshot(4, Occasion.FOUND, EDGE2))
    assert state("prune", "--keep", 0, "--older-than", "1h")[1] == ""  # they lie in the future
    state("prune", "--keep", 0)
    assert snapshots.all() == ()


def test_prune_by_age(snapshots, state):
    old, new = snapshot(1), snapshot(2)
    past = old.taken - timedelta(days=3650)
    old = old.model_copy(update={"taken": past, "id": f"{past:%Y%m%dT%H%M%SZ}-1"})
    for one in (old, new):
        snapshots.add(one, {})
    assert state("prune", "--keep", 0, "--older-than", "30d")[1] == f"✔ removed {old.name}\n"
    assert snapshots.all() == (new,)
