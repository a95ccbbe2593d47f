"""define, and variables in the arguments of elements."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.driver.running import Run
from tests.driver.test_language import errors, flat


@pytest.mark.parametrize(
    ("definitions", "argument", "replaced"),
    [
        ("$N 2, $LABEL eth0", "$N, LABEL $LABEL", "2, LABEL eth0"),
        ("$A $B, $B 5", "$A", "5"),
        ("$A /* no */ one // no\n two", 'LABEL "$A"', 'LABEL "one   two"'),
        ('$A "q\\$"', 'LABEL "a $A"', 'LABEL "a \\"q\\\\\\$\\""'),
        ("$A x", "LABEL '$A' /* $A */ \"\\$A\"", "LABEL '$A'   \"\\$A\""),
        ("$A ff", r"LABEL \<00 $A>", r"LABEL \<00 ff>"),
        ("$A x y", "LABEL ${A[1]}${A[7]}$(A)", "LABEL yx y"),
        ("$A x", "LABEL ${B-$A y}${A-no}", "LABEL x yx"),
        ("$A x, $B A", "LABEL ${$B}${Q$B}$$B$?$", "LABEL x${QA}$$B$?$"),
        ("$A a$A", "LABEL $A", "LABEL aaaaaaaaaaa$A"),
        ("$A", "LABEL x$A", "LABEL x"),
        ("$A x", "LABEL $Ab$B", "LABEL $Ab$B"),
    ],
)
def test_values_replace_names_as_in_click(
    run: Run, definitions: str, argument: str, replaced: str
) -> None:
    text = f"e :: Emit({argument}) -> Swallow define({definitions})"
    written = flat(run, text)
    assert f"e :: Emit({replaced});" in written
    assert flat(run, written) == written


def test_a_text_of_which_nothing_is_left_keeps_its_variables_as_in_click(run: Run) -> None:
    (told,) = errors(run, "define($A) e :: Emit($A LABEL x) -> Swallow")
    assert told.endswith("not '$A LABEL x'")


def test_what_click_flatten_writes_runs(run: Run) -> None:
    text = """define($N 2, $LABEL eth0);

# 2 "d.click"
Emit@1 :: Emit($N, LABEL $LABEL);
# 2 "d.click"
Swallow@2 :: Swallow;
# 10 ""
Emit@1 -> Swallow@2;
"""
    done = run(text, "-h", "Swallow@2.count", "-h", "Emit@1.label")
    assert done.stdout == "Swallow@2.count:\n2\n\nEmit@1.label:\neth0\n\n"


def test_wrong_definitions_are_told(run: Run) -> None:
    text = "define($A 5, A 6, $ 7, $A$B 8, $A 9,)\ndefine x :: Pass"
    assert errors(run, text) == [
        "config:1: define takes '$NAME value', not 'A 6'",
        "config:1: define takes '$NAME value', not '$ 7'",
        "config:1: define takes '$NAME value', not '$A$B 8'",
        "config:1: variable '$A' is defined twice: keep one",
        "config:2: expected '(' after define, found 'x'",
    ]


@pytest.mark.parametrize(
    ("definitions", "argument"),
    [("$A /", "LABEL /$A x"), ("$A <", r"LABEL \$A 00"), ("$A $", "LABEL $A{B-5}")],
)
def test_nothing_begins_in_one_value_and_ends_in_another(
    run: Run, definitions: str, argument: str
) -> None:
    """The text that the driver writes could not be read back as the same graph."""
    (told,) = errors(run, f"define({definitions}) e :: Emit({argument}) -> Swallow")
    assert told.startswith("config:1: the arguments of 'e' are 'LABEL ")
    assert told.endswith(
        "a quote, parenthesis, comment or variable is not whole there: define it as a whole"
    )


@pytest.mark.parametrize("last", ["$V0 0123456789", "$V0"])
def test_values_do_not_grow_without_bounds(run: Run, last: str) -> None:
    levels = [f"$V{n} {f'${{V{n - 1}}}' * 100}" for n in range(1, 10)]
    text = f'define({", ".join([last, *levels])}) e :: Emit(LABEL "$V9") -> Swallow'
    assert errors(run, text) == [
        "config:1: variables grow to more than 16 MiB of text: define them by fewer others"
    ]


def test_reading_takes_linear_time(driver: Path, tmp_path: Path) -> None:
    odd = "".join(f"$({sign} " for sign in (r"\<", "/*", "'", '"', "${", "$(")) * 50_000
    config = tmp_path / "config.click"
    for text in (f"$({odd})", odd.replace("/*", "") + "'\"> */", "$A${A}$(A)" * 50_000):
        config.write_text(f"define($A x) e :: Emit(LABEL {text}) -> Swallow")
        subprocess.run([driver, config, "-q"], capture_output=True, timeout=60, check=False)
