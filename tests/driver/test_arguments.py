from __future__ import annotations

import pytest

from tests.driver.running import Run


@pytest.mark.parametrize(
    ("arguments", "limit", "label"),
    [
        ("", "100", ""),
        ("7", "7", ""),
        ("LIMIT 7", "7", ""),
        ("LENGTH 9, LABEL x, LIMIT 0x10", "16", "x"),
        ("7, 60, LABEL two words", "7", "two words"),
        ("7,", "7", ""),
        (r'7, LABEL "a\tb\x41\101\<4142>\"\\" c', "7", 'a\tbAAAB"\\ c'),
        (r"7, LABEL 'a\tb'\<2C 2c>", "7", r"a\tb,,"),
        ("7, LABEL /* no */ yes // no\n", "7", "yes"),
    ],
)
def test_arguments_are_read_as_click_reads_them(
    run: Run, arguments: str, limit: str, label: str
) -> None:
    done = run(f"Emit({arguments}) -> Swallow", "-h", "1.limit", "-h", "1.label")
    assert done.stderr == ""
    assert done.stdout == f"1.limit:\n{limit}\n\n1.label:\n{label}\n\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("x", "LIMIT takes a whole number from 0, not 'x'"),
        ("-1", "LIMIT takes a whole number from 0, not '-1'"),
        ("18446744073709551616", "LIMIT takes a whole number from 0, not '18446744073709551616'"),
        ("1, 4294967296", "LENGTH takes a whole number from 0 to 4294967295, not '4294967296'"),
        ("STOP maybe", "STOP takes true or false, not 'maybe'"),
        ("STOP true, STOP true", "STOP is given twice: keep one"),
        (
            "LABEL \\<4>",
            "LABEL takes text whose quotes and \\<...> byte strings are complete, not '\\<4>'",
        ),
        ("1, 2, 3", "unexpected argument '3': this class takes LIMIT, LENGTH, STOP, LABEL"),
        ("BURST 3", "unknown keyword BURST: this class takes LIMIT, LENGTH, STOP, LABEL"),
    ],
)
def test_bad_arguments(run: Run, arguments: str, message: str) -> None:
    done = run(f"e :: Emit({arguments}) -> Swallow", "-q")
    assert done.stderr == f"config:1: While configuring 'e :: Emit': {message}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("r :: Reads", "argument LEDGER is missing: it has no default"),
        ("r :: Reads(r)", "LEDGER names 'r', which is of class Reads, not Ledger"),
    ],
)
def test_bad_elements(run: Run, text: str, message: str) -> None:
    done = run(f"{text}; Emit -> r -> Swallow", "-q")
    assert done.stderr == f"config:1: While configuring 'r :: Reads': {message}\n"


def test_a_bad_duration_says_what_one_looks_like(run: Run) -> None:
    done = run("t :: Ticker(INTERVAL soon)", "-q")
    assert "INTERVAL takes a duration such as 5s, 200ms or 2min, not 'soon'" in done.stderr
