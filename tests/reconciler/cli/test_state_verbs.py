"""`click-up state show | export | diff` on checkpoint files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.authoring.scaffold import scaffold
from reconciler.cli.main import main
from reconciler.testbed.desired import parse_object
from schemas.element import ElementManifest
from tests.reconciler.checkpoints.tables import checkpoint_of, session, table_of, wide
from tests.reconciler.checkpoints.writing import write_checkpoint

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return exit code, standard output and standard error."""

    def state(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["state", *map(str, arguments)])
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return state


@pytest.fixture
def before(tmp_path: Path) -> Path:
    tables = table_of([session(1), session(2, protocol=17, state=18)]), table_of([], name="b/none")
    write_checkpoint(tmp_path / "1.ckpt", checkpoint_of(*tables))
    return tmp_path / "1.ckpt"


@pytest.fixture
def after(tmp_path: Path) -> Path:
    tables = table_of([session(1, state=7), session(3)]), table_of([], name="b/none")
    write_checkpoint(tmp_path / "2.ckpt", checkpoint_of(*tables, sequence=2))
    return tmp_path / "2.ckpt"


def test_show(run: Run, before: Path) -> None:
    code, out, _ = run("show", before)
    assert code == 0
    headline, _, count, header, first, second, *_, empty, _ = out.splitlines()
    assert headline.startswith("checkpoint 1 of edge1/edge-firewall, 2027-01-1")
    assert headline.endswith(", release 0123456789ab: interval")
    assert count == "sessions/sessions: 2 of 2 records, layout 2"
    assert header.split()[:3] == ["FIRST_ADDRESS", "SECOND_ADDRESS", "FIRST_PORT"]
    assert header.split()[-3:] == ["STATE", "FLAGS", "SECONDS_LEFT"]
    assert first.split()[:2] == ["10.0.0.1", "192.0.2.7"] and "established" in first
    assert "udp" in second and "stream" in second
    assert empty == "b/none: 0 of 0 records, layout 2"


def test_show_some(run: Run, before: Path) -> None:
    chosen = ("--table", "sessions/sessions", "--fields", "first_port,state")
    _, out, _ = run("show", before, *chosen, "--where", "protocol == udp")
    assert out.splitlines()[2:] == [
        "sessions/sessions: 1 of 2 records, layout 2",
        "FIRST_PORT  STATE",
        "40002       stream",
    ]
    _, out, _ = run("show", before, *chosen, "--limit", 1)
    assert out.splitlines()[-1] == "... 1 more: give a higher --limit"


def test_show_for_programs(run: Run, before: Path) -> None:
    _, out, _ = run("show", before, "-o", "json", "--fields", "all")
    found = json.loads(out)
    assert (found["instance"], found["sequence"]) == ("edge1/edge-firewall", 1)
    first = found["tables"][0]["records"][0]
    assert (first["first_address"], first["first_bytes"]) == ("10.0.0.1", 0)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--table", "sesions/sessions"), "Did you mean 'sessions/sessions'?"),
        (("--fields", "first_prt"), "Did you mean 'first_port'?"),
        (("--where", "state ==="), "✗ --where: character 9: "),
    ],
)
def test_mistakes(run: Run, before: Path, arguments: tuple[str, ...], complaint: str) -> None:
    code, _, said = run("show", before, *arguments)
    assert code == 2 and complaint in said


def test_a_file_that_cannot_be_read(run: Run, before: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.ckpt"
    damaged.write_bytes(before.read_bytes()[:-1])
    for verb, *more in (("show",), ("export", "--to", "x.csv")):
        code, _, said = run(verb, damaged, *more)
        assert code == 1 and "is damaged at byte" in said
    code, _, said = run("show", tmp_path / "absent.ckpt")
    assert code == 1 and "absent.ckpt: there is no such file" in said
    assert run("diff", before, damaged)[0] == 2


def test_export(run: Run, before: Path, tmp_path: Path) -> None:
    table = ("--table", "sessions/sessions")
    code, out, _ = run("export", before, *table, "--to", "-", "--format", "csv")
    assert code == 0
    assert out.splitlines()[1].startswith("10.0.0.1,192.0.2.7,40001,443,tcp,0,established,")
    where = ("--where", "state == stream", "--fields", "first_port")
    assert run("export", before, *table, *where, "--to", tmp_path / "out.json")[0] == 0
    assert (tmp_path / "out.json").read_text() == '{"first_port":40002}\n'
    assert run("export", before, *table, "--to", tmp_path / "out.parquet")[0] == 0
    assert (tmp_path / "out.parquet").read_bytes()[:4] == b"PAR1"


def test_export_says_how_to_get_what_writes_parquet(
    run: Run, before: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        sys.modules, "pyarrow", None
    )  # Python's mark for a module that cannot be imported
    table = ("--table", "sessions/sessions")
    code, out, said = run("export", before, *table, "--to", tmp_path / "out.parquet")
    assert (code, out) == (1, "")
    assert said == (
        "✗ Parquet needs the package pyarrow: install it with `pip install 'click-up[export]'`,"
        " or export csv or json\n"
    )
    assert not (tmp_path / "out.parquet").exists()
    assert run("export", before, *table, "--to", tmp_path / "out.csv")[0] == 0


def test_export_has_to_know_what_and_how(run: Run, before: Path, tmp_path: Path) -> None:
    code, _, said = run("export", before, "--to", "x.csv")
    assert code == 2 and "has several tables: sessions/sessions, b/none; name one" in said
    code, _, said = run("export", before, "--to", "x.txt")
    assert code == 2 and "give --format csv, json or parquet" in said
    table = ("--table", "b/none")
    assert run("export", before, *table, "--to", "-", "--format", "parquet")[0] == 2


def test_diff(run: Run, before: Path, after: Path) -> None:
    code, out, _ = run("diff", before, after)
    assert code == 1
    first, gone, new, changed, other = out.splitlines()
    assert first == "sessions/sessions: 1 removed, 1 added, 1 changed"
    assert gone.startswith("  - first_address=10.0.0.2 second_address=192.0.2.7 first_port=40002 ")
    assert new.startswith("  + first_address=10.0.0.3 ")
    assert changed.startswith("  ~ first_address=10.0.0.1 ")
    assert changed.endswith(": state established -> time_wait")
    assert other == "b/none: 0 removed, 0 added, 0 changed"
    assert run("diff", before, before)[0] == 0


def test_diff_for_programs(run: Run, before: Path, after: Path) -> None:
    code, out, _ = run("diff", before, after, "-o", "json", "--table", "sessions/sessions")
    (found,) = json.loads(out)
    assert (code, found["counts"]) == (1, {"removed": 1, "added": 1, "changed": 1})
    assert found["changed"][0]["fields"] == {"state": ["established", "time_wait"]}


def test_diff_of_a_table_that_came(run: Run, before: Path, tmp_path: Path) -> None:
    one = checkpoint_of(table_of([session(5)], name="c/new"))
    write_checkpoint(tmp_path / "3.ckpt", one)
    code, out, _ = run("diff", before, tmp_path / "3.ckpt")
    assert code == 1
    assert "c/new: 0 removed, 1 added, 0 changed" in out
    assert "sessions/sessions: 2 removed, 0 added, 0 changed" in out
    code, _, said = run("diff", before, tmp_path / "3.ckpt", "--table", "c/old")
    assert code == 2 and "no table 'c/old'" in said


def test_tables_of_ones_own_are_shown_as_their_manifests_say(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    own = tmp_path / "library"
    for name, text in scaffold("Mine", stateful=True).items():
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(text)
    manifest = parse_object((own / "elements" / "MineTable" / "manifest.yaml").read_text())
    (state,) = ElementManifest.model_validate(manifest).states
    table = table_of([{"address": wide("10.0.0.1")}], name="mine/senders", state=state)
    file = tmp_path / "mine.ckpt"
    write_checkpoint(file, checkpoint_of(table))
    where = ("--where", "address == 10.0.0.1", "--library", own)
    assert run("show", file)[1].splitlines()[-1].split()[0] == wide("10.0.0.1").hex()
    assert run("show", file, *where)[1].splitlines()[-1].split()[0] == "10.0.0.1"
    code, out, _ = run("export", file, *where, "--to", "-", "--format", "csv")
    assert (code, out.splitlines()[1]) == (0, "10.0.0.1,0,30.0")
    write_checkpoint(
        tmp_path / "none.ckpt", checkpoint_of(table_of([], name="mine/senders", state=state))
    )
    code, out, _ = run("diff", file, tmp_path / "none.ckpt", "--library", own)
    assert (code, out.splitlines()[1]) == (1, "  - address=10.0.0.1")
    code, _, said = run("diff", file, file, "--library", tmp_path / "nowhere")
    assert code == 2 and "nowhere is not a folder" in said
