from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cpp import compile_program
from tests.driver.running import Run

GRAPH = """\
require(package words);
a :: Emit(1, LABEL "x, y) // no comment");
p :: Pass;
Split@3 :: Split;
Swallow@4 :: Swallow;
s :: Swallow;

a -> p;
p -> Split@3;
Split@3 -> Swallow@4;
Split@3 [1] -> s;
"""
FLATTEN = "write it with 'click-up render' or 'click-flatten'"


def flat(run: Run, text: str) -> str:
    done = run(text, "-q", "-o", "-")
    assert (done.returncode, done.stderr) == (0, "")
    return str(done.stdout)


def errors(run: Run, text: str) -> list[str]:
    done = run(text, "-q")
    assert done.returncode == 1
    return str(done.stderr).splitlines()


def test_flat_text_reads_back_to_itself(run: Run) -> None:
    assert flat(run, GRAPH) == GRAPH


def test_chains_inline_declarations_and_anonymous_elements(run: Run) -> None:
    text = """
        require(package words)  // a comment -> here
        a :: Emit(1, /* one */ LABEL "x, y) // no comment") -> p :: Pass
          -> Split [0] -> [0] Swallow;  Split@3[1]->[0]s;
        s :: Swallow;
    """
    assert flat(run, text) == GRAPH


def test_lists_declare_several_elements(run: Run) -> None:
    text = "a, b :: Emit(5); a -> s :: Swallow; b -> [1] s;"
    assert "a :: Emit(5);\nb :: Emit(5);" in flat(run, text)


def test_nothing_needs_to_stand_between_statements(run: Run) -> None:
    text = """require(package words) a :: Emit(1, LABEL "x, y) // no comment")
        p :: Pass define($A 5)
        a -> p p -> Split Split@3 [1] -> s :: Swallow Split@3 -> Swallow"""
    assert flat(run, text) == flat(run, text.replace(")\n", ");\n").replace("p p", "p; p"))
    assert "a -> p;\np -> Split@3;\nSplit@3 [1] -> s;\nSplit@3 -> Swallow@5;" in flat(run, text)


def test_mistakes_between_statements_are_told(run: Run) -> None:
    text = """a :: Emit b :: Swallow
        a [1] b
        a -> b c
        a [0] -> b [0]
        [0] a -> b
        a -> b ) d
        a -> require -> b
        e, f"""
    assert errors(run, text) == [
        "config:2: output port after 'a' has no '->' behind it",
        "config:3: undeclared element 'c': declare it with 'c :: Class(arguments);'",
        "config:4: output port after 'b' has no '->' behind it",
        "config:5: input port before the first element of a chain: nothing is connected to it",
        "config:6: expected '->', ';' or another statement, found ')'",
        "config:7: expected an element, found 'require'",
        "config:8: expected '::' and the class of the elements listed, found the end of the text",
    ]


def test_comments_in_arguments_go_and_strings_stay(run: Run) -> None:
    text = r"Emit(1 // ten , )" + "\n" + r", LABEL '/*' \<2f 2F> ) -> Swallow"
    done = run(text, "-h", "Emit@1.label")
    assert done.stdout == "/* //\n"


def test_line_directives_set_landmarks(run: Run) -> None:
    text = '# 40 "edge.click"\n\na :: Nope;\n#line 7 "other.click"\nb :: Nada;'
    found = [line.split(": unknown")[0] for line in errors(run, text)]
    assert found == ["other.click:7", "edge.click:41"]


def test_every_mistake_is_reported_at_once(run: Run) -> None:
    text = """a :: Emit
        a - > nowhere -> b :: Nope;
        a :: Pass;
        x -> [k] a;
        a [2] ;
        12 :: Pass;
        ! ;
        c :: Swallow("""
    assert errors(run, text) == [
        "config:2: expected '->', ';' or another statement, found '-'",
        "config:3: redeclaration of element 'a', first declared at config:1:"
        " give one of them another name",
        "config:4: expected a port number, found 'k'",
        "config:5: output port after 'a' has no '->' behind it",
        "config:6: element name '12' is a number: handlers could not tell it from an element "
        "number; add a letter",
        "config:7: expected an element, found '!'",
        "config:8: '(' is not closed: add the ')' that ends these arguments",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "elementclass X { input -> Pass -> output } a :: Emit -> X -> Swallow;",
        "a :: Emit => b :: Swallow;",
        "a :: { Emit -> output } -> Swallow;",
        "a :: Emit -> (Pass -> Pass) -> Swallow;",
        "a :: Emit; b :: Swallow; a [0,1] -> b;",
        "a :: Emit; b, c :: Swallow -> d :: Pass;",
    ],
)
def test_compound_text_is_told_once_how_to_flatten(run: Run, text: str) -> None:
    told = [line for line in errors(run, text) if "flatten" in line]
    assert len(told) == 1
    assert told[0].startswith("config:1: ") and told[0].endswith(FLATTEN)


def test_unknown_classes_are_all_listed(run: Run) -> None:
    advice = "this driver is built without it; build one for this configuration, "
    advice += "or correct the name"
    assert errors(run, "a :: Nope -> Nada(1) -> Swalow();\nb :: Nope;") == [
        f"config:1: unknown element class 'Nope' of 'a': {advice}",
        f"config:1: unknown element class 'Nada' of 'Nada@2': {advice}",
        "config:1: unknown element class 'Swalow' of 'Swalow@3': did you mean Swallow?",
        f"config:2: unknown element class 'Nope' of 'b': {advice}",
    ]


def test_file_and_standard_streams(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("out") / "flat.click"
    assert run(GRAPH, "-q", "-o", str(out)).returncode == 0
    assert out.read_text() == GRAPH


@pytest.mark.parametrize("options", [("x.click",), ("-z",), ("-h",), ("--worker", "x", "y")])
def test_wrong_command_lines_show_the_usage(run: Run, options: tuple[str, ...]) -> None:
    done = run("Emit -> Swallow", *options)
    assert done.returncode == 2
    assert "usage: driver" in done.stderr


def test_damaged_texts_neither_break_the_reader_nor_change_on_rewriting(tmp_path: Path) -> None:
    source = Path(__file__).parent / "language_checks.cc"
    program = compile_program(tmp_path / "checks", [source], sanitize="address,undefined")
    done = subprocess.run([program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_requirements_are_words(run: Run) -> None:
    assert errors(run, 'require(a -> b, "x");\nrequire(library x.click);') == [
        "config:1: require takes words, not 'a -> b'",
        "config:1: require takes words, not '\"x\"'",
        f"config:2: 'require(library ...)' needs a flattened configuration: {FLATTEN}",
    ]
