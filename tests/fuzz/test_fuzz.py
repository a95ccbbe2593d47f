"""A bounded run of every fuzz target: its seeds, and inputs made from them, the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.checkpoints.file import read_checkpoint
from tests.cpp import compile_program
from tests.fuzz.seeds import corpora
from tests.fuzz.targets import HERE, SEED, TARGETS, Engine, Target, run_own
from tests.kernels.conversation import sanitizers

RUNS = 3_000


@pytest.mark.timeout(400)  # the first one compiles the driver's runtime
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_holds(target: Target, tmp_path: Path) -> None:
    program = target.compile(tmp_path / target.name, Engine.OWN)
    last = tmp_path / "last"
    said = run_own(program, last, RUNS, SEED, target.corpus)
    assert not said, f"{said}\nthe input: {last.read_bytes()!r}"


def test_a_target_that_breaks_is_noticed_and_its_input_kept(tmp_path: Path) -> None:
    source = tmp_path / "broken.cc"
    source.write_text(
        '#include "fuzz/input.hh"\n'
        'extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {\n'
        "  PROMISE(std::count(data, data + size, 'z') == 0);\n  return 0;\n}\n"
    )
    program = compile_program(
        tmp_path / "broken", [source, HERE / "mutate.cc"], sanitize=sanitizers()
    )
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "seed").write_bytes(b"some text")
    said = run_own(program, tmp_path / "last", 100_000, SEED, corpus)
    assert "broken: std::count" in said
    assert b"z" in (tmp_path / "last").read_bytes()
    again = tmp_path / "again"
    run_own(program, again, 100_000, SEED, corpus)
    assert again.read_bytes() == (tmp_path / "last").read_bytes()


def test_every_seed_is_there() -> None:
    for target, name, data in corpora():
        path = TARGETS[target].corpus / name
        assert path.read_bytes() == data, f"{path}: run `python -m tests.fuzz.seeds`"


def test_seeds_are_checkpoints() -> None:
    for tables, name in enumerate(("none", "one", "two")):
        assert len(read_checkpoint(TARGETS["checkpoint"].corpus / name).tables) == tables
