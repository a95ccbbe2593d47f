"""Differences and their reasons."""

import pytest

from reconciler.graph import Connection, Element, Graph
from reconciler.graph.diff import diff
from reconciler.graph.settings import settings
from schemas.plan import Action, Reason

TABLE = Element("sessions", "SessionTable", ("CAPACITY 1024",))
COUNT = Element("count", "Counter")
LIMIT = Element("limit", "Meter", ("100",))


def changes(desired, observed, library, expected=None):
    found = diff(desired, observed, library.elements, expected)
    return [(c.action.value, c.reason.value, c.subject, c.before, c.after) for c in found]


def test_equal_graphs_do_not_differ(library):
    graph = Graph((TABLE, COUNT), (Connection("count", 0, "limit", 0),))
    assert diff(graph, graph, library.elements) == ()


def test_elements_come_and_go_and_change_class(library):
    desired = Graph((COUNT, Element("x", "Idle")))
    observed = Graph((LIMIT, Element("x", "Discard")))
    assert changes(desired, observed, library) == [
        ("+", "ElementAdded", "count", "", "Counter"),
        ("-", "ElementRemoved", "limit", "Meter(100)", ""),
        ("~", "ClassChanged", "x", "Discard", "Idle"),
    ]


def test_live_parameters_name_their_handler(library):
    old = Graph((Element("sessions", "SessionTable", ("CAPACITY 1024", "UDP 30s")), LIMIT))
    new = Graph(
        (
            Element("sessions", "SessionTable", ("CAPACITY 2048", "UDP 60s")),
            Element("limit", "Meter", ("200",)),
        )
    )
    found = {change.subject: change for change in diff(new, old, library.elements)}
    assert found["sessions.UDP"].handler == "sessions.udp"
    assert (found["sessions.UDP"].before, found["sessions.UDP"].after) == ("30", "60s")
    assert found["sessions.CAPACITY"].handler is None
    assert found["limit.RATE"].handler == "limit.rate"


def test_a_parameter_left_out_goes_back_to_its_default(library):
    old = Graph((Element("sessions", "SessionTable", ("UDP 60s",)),))
    [change] = diff(Graph((Element("sessions", "SessionTable"),)), old, library.elements)
    assert (change.before, change.after, change.handler) == ("60s", "30", "sessions.udp")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("UDP 30s",), ()),
        (("UDP 30",), ("UDP 30s",)),
        (("UDP 60s",), ("UDP 1min",)),
        (("UDP 500ms",), ("UDP 0.5",)),
        (("UDP 9", "UDP 60"), ("UDP 60",)),
        (("CAPACITY  1024",), ("CAPACITY 1024",)),
    ],
)
def test_settings_compare_by_meaning(library, one, other):
    manifest = library.elements["SessionTable"]
    old, new = (Graph((Element("sessions", "SessionTable", args),)) for args in (one, other))
    assert diff(new, old, library.elements) == (), settings(one, manifest)


def test_a_positional_setting_may_be_overridden_by_its_keyword(library):
    live = Graph((Element("limit", "Meter", ("100", "RATE 200")),))
    assert diff(Graph((Element("limit", "Meter", ("200",)),)), live, library.elements) == ()


def test_patterns_are_compared_whole_and_keep_their_order(library):
    old = Graph((Element("f", "IPFilter", ("allow tcp", "1 all")),))
    new = Graph((Element("f", "IPFilter", ("allow tcp", "allow udp", "1 all")),))
    [change] = diff(new, old, library.elements)
    assert change.before == "allow tcp, 1 all"
    assert change.after == "allow tcp, allow udp, 1 all"
    assert not change.live


def test_connections_by_output(library):
    wires = [Connection("a", 0, "b", 0), Connection("a", 1, "b", 0), Connection("c", 0, "b", 1)]
    found = diff(
        Graph((), (wires[0], wires[1])),
        Graph((), (Connection("a", 0, "c", 0), wires[2])),
        library.elements,
    )
    assert [(c.action, c.subject, c.before, c.after) for c in found] == [
        (Action.CHANGE, "a[0]", "a -> c", "a -> b"),
        (Action.ADD, "a[1]", "", "a[1] -> b"),
        (Action.REMOVE, "c[0]", "c -> [1]b", ""),
    ]


def test_what_nobody_released_has_drifted(library):
    released = Graph((LIMIT, COUNT))
    observed = Graph((Element("limit", "Meter", ("7",)), COUNT))
    desired = Graph((LIMIT, COUNT, Element("x", "Idle")))
    found = {c.subject: c.reason for c in diff(desired, observed, library.elements, released)}
    assert found == {"limit.RATE": Reason.DRIFTED, "x": Reason.ELEMENT_ADDED}
