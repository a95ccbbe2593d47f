"""The time left is estimated from the last run or, in the first, from the share that is done."""

from pathlib import Path

from reconciler.demo.pace import Pace, read, write

PARTS = ("build", "swap", "cold")
KNOWN = Pace(PARTS, {"build": 40.0, "swap": 10.0, "cold": 30.0})


def test_what_is_left_is_the_rest_of_this_part_and_all_that_follow() -> None:
    assert KNOWN.seconds_left("build", 15.0, 0.1) == 25.0 + 10.0 + 30.0
    assert KNOWN.seconds_left("cold", 5.0, 0.0) == 25.0
    assert KNOWN.seconds_left("swap", 99.0, 0.0) == 30.0


def test_the_first_time_only_this_part_is_foretold() -> None:
    new = Pace(PARTS)
    assert new.seconds_left("build", 10.0, 0.5) is None
    assert new.expected("build", 10.0, 0.5) == 20.0
    assert new.expected("build", 10.0, 0.01) is None


def test_it_is_kept_for_the_next_run(tmp_path: Path) -> None:
    file = tmp_path / "there" / "times.json"
    assert read(file, PARTS).last == {}
    write(file, Pace(PARTS, {"build": 40.0, "cold, whole library": 200.0}, {"build": 21.26}))
    assert read(file, PARTS).last == {"build": 21.3, "cold, whole library": 200.0}


def test_a_file_that_is_none_is_as_good_as_no_file(tmp_path: Path) -> None:
    for text in ("", "[1]", '{"build": null}', '{"build": "soon"}'):
        (tmp_path / "times.json").write_text(text)
        assert read(tmp_path / "times.json", PARTS).last == {}
