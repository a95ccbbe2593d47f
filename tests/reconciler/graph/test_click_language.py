"""Click language: we can read what we write, and what drivers print."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.graph import Connection, Element, Graph
from reconciler.graph.click_language import ClickSyntaxError, parse, render

NAME = st.from_regex(r"[a-z][a-z0-9_]{0,6}(/[a-z][a-z0-9_]{0,4})?", fullmatch=True)
CLASS = st.from_regex(r"[A-Z][A-Za-z0-9]{0,8}", fullmatch=True)
PLAIN = st.text(string.ascii_letters + string.digits + " .:-<>%?!&|=", min_size=1, max_size=12)
QUOTED = st.text(string.ascii_letters + " ,()'/*", max_size=8).map(lambda text: f'"{text}"')
ARGUMENT = st.one_of(
    PLAIN.map(str.strip).filter(bool),
    QUOTED,
    PLAIN.map(lambda text: f"src net ({text.strip()})"),
    st.just(r"\<00 2c 29>"),
)


@st.composite
def graphs(draw):
    names = draw(st.lists(NAME, unique=True, max_size=8))
    elements = tuple(
        Element(name, draw(CLASS), tuple(draw(st.lists(ARGUMENT, max_size=3))), draw(NAME))
        for name in names
    )
    if not names:
        return Graph()
    ends = st.tuples(
        st.sampled_from(names), st.integers(0, 3), st.sampled_from(names), st.integers(0, 3)
    )
    wires = tuple(Connection(*end) for end in draw(st.lists(ends, max_size=10)))
    return Graph(elements, wires)


@given(graphs())
def test_rendering_reads_back_as_the_same_graph(graph):
    text = render(graph)
    assert parse(text) == graph
    assert render(graph) == text
    assert parse(text).digest() == graph.digest()


def test_chains_ports_comments_and_elements_without_a_name():
    graph = parse(
        """
        #line 7 "somewhere"
        require(package x);
        a :: FromDevice(eth0, PROMISC true); // from here
        b, c :: Counter;
        a -> b [0] -> [0] cl :: Classifier(12/0800, -) [1] -> Discard;
        cl -> Print("a, (b)") -> c -> Idle; /* the
        end */
        """
    )
    classes = {element.class_name for element in graph.elements}
    assert classes == {"FromDevice", "Counter", "Classifier", "Discard", "Print", "Idle"}
    assert Connection("b", 0, "cl", 0) in graph.connections
    [printer] = [element for element in graph.elements if element.class_name == "Print"]
    assert printer.arguments == ('"a, (b)"',)
    assert any(wire.source == "cl" and wire.source_port == 1 for wire in graph.connections)


def test_elements_of_the_driver_are_left_out():
    graph = parse(
        "a :: Idle; click_driver@@ControlSocket :: ControlSocket(UNIX, /x); a -> Discard;"
    )
    assert {element.class_name for element in graph.elements} == {"Idle", "Discard"}


def test_elements_may_be_named_before_they_are_declared():
    assert parse("a -> b; b :: Discard; a :: Idle").connections == (Connection("a", 0, "b", 0),)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a -> b", 1, 1),
        ("a :: X(", 1, 7),
        ("a :: B :: C", 1, 8),
        ("\n elementclass X {}", 2, 2),
        ("a :: X; a :: Y;", 1, 9),
        ("a :: X; a[z] -> a", 1, 11),
        ("a :: X; a => a", 1, 11),
        ("%", 1, 1),
    ],
)
def test_mistakes_have_their_place(text, line, column):
    with pytest.raises(ClickSyntaxError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_declarations_come_before_connections_and_atoms_are_named():
    graph = Graph(
        (
            Element("table", "SessionTable"),
            Element("to", "ToDevice", ("eth1",), "to"),
            Element("to/queue", "Queue", ("1000",), "to"),
            Element("from", "FromDevice", ("eth0",), "from"),
        ),
        (Connection("from", 0, "to/queue", 0), Connection("to/queue", 0, "to", 0)),
    )
    assert render(graph) == (
        "table :: SessionTable;\n\n"
        "// from\nfrom :: FromDevice(eth0);\n\n"
        "// to\nto :: ToDevice(eth1);\nto/queue :: Queue(1000);\n\n"
        "// from\nfrom -> to/queue;\n\n"
        "// to\nto/queue -> to;\n"
    )
