"""Values outside the bounds that a manifest declares are refused before any device sees them."""

from __future__ import annotations

import pytest

from reconciler.resolve.argument_texts import Mistake, atom_text, element_text, mistakes_in
from tests.libraries import todays_library

LIBRARY = todays_library()
SESSIONS = {one.name: one for one in LIBRARY.elements["SessionTable"].parameters}
MARK = LIBRARY.atoms["Mark"].parameters["mark"]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("CAPACITY", 15, "15 is less than 16 sessions"),
        ("CAPACITY", 10**40, "is more than 4000000 sessions"),
        ("UDP", "0s", "0s is less than 0.001 s"),
        ("UDP", "9999999h", "9999999h is more than 315360000 s"),
    ],
)
def test_outside_the_bounds(name: str, value: object, why: str) -> None:
    with pytest.raises(Mistake, match=why):
        element_text(SESSIONS[name], value)


def test_at_the_bounds() -> None:
    assert element_text(SESSIONS["CAPACITY"], 16) == "16"
    assert element_text(SESSIONS["CAPACITY"], 4_000_000) == "4000000"
    assert (atom_text(MARK, 0), atom_text(MARK, 255)) == ("0", "255")


def test_an_atom_has_bounds_too() -> None:
    with pytest.raises(Mistake, match="256 is more than 255"):
        atom_text(MARK, 256)


ROUTES = LIBRARY.atoms["Route"].parameters["routes"]


def test_routes_name_outputs_by_number() -> None:
    routes = {"lan": ["192.0.2.0/24", "2001:db8::/32"], "wan": ["0.0.0.0/0 via 192.0.2.1"]}
    expected = ("192.0.2.0/24 0", "2001:db8::/32 0", "0.0.0.0/0 192.0.2.1 1")
    assert atom_text(ROUTES, {**routes, "local": []}) == expected


@pytest.mark.parametrize(
    ("value", "why", "path"),
    [
        ({"lan": ["192.0.2.1/24"]}, "has host bits set", ("lan", 0)),
        ({"lan": ["192.0.2.0/33"]}, "192.0.2.0/33", ("lan", 0)),
        ({"lan": [], "wan": ["::/0", "::/0 via 192.0.2.1"]}, "different IP versions", ("wan", 1)),
        ({"lan": ["0.0.0.0/0 192.0.2.1"]}, "is not a route", ("lan", 0)),
        ({"lan": ["0.0.0.0/0 by 192.0.2.1"]}, "is not a route", ("lan", 0)),
        ({"lan": [7]}, "7 is not a route", ("lan", 0)),
        ({"LAN": []}, "'LAN' cannot name an output", ("LAN",)),
        ({"lan": "192.0.2.0/24"}, "a list of prefixes is expected", ("lan",)),
        (["192.0.2.0/24"], "a mapping from output to prefixes", ()),
    ],
)
def test_routes_with_mistakes(value: object, why: str, path: tuple[object, ...]) -> None:
    with pytest.raises((Mistake, ExceptionGroup)) as caught:
        atom_text(ROUTES, value)
    group = caught.value
    (mistake,) = mistakes_in(group) if isinstance(group, ExceptionGroup) else (group,)
    assert why in str(mistake) and mistake.path == path


CLASSES = LIBRARY.atoms["Classify"].parameters["classes"]


def test_a_class_has_one_pattern_or_several() -> None:
    given = {"tags": ["12/8100", "12/88a8 "], "arp": "12/0806"}
    assert atom_text(CLASSES, given) == ("12/8100", "12/88a8", "12/0806")


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({"tags": []}, [("tags",)]),
        ({"tags": ["12/8100", "", 7]}, [("tags", 1), ("tags", 2)]),
        ({"Tags": ["12/8100", "12/88a8"]}, [("Tags",)]),
        ({"tags": {"a": "12/8100"}}, [("tags",)]),
    ],
)
def test_classes_with_mistakes(value: object, paths: list[tuple[object, ...]]) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        atom_text(CLASSES, value)
    assert [mistake.path for mistake in mistakes_in(caught.value)] == paths


def test_a_text_of_a_list_is_one_argument() -> None:
    addresses = LIBRARY.atoms["AnswerARP"].parameters["addresses"]
    assert atom_text(addresses, ["192.0.2.1 2:0:0:0:0:1 "]) == ("192.0.2.1 2:0:0:0:0:1",)
    with pytest.raises(ExceptionGroup):
        atom_text(addresses, ["192.0.2.1 2:0:0:0:0:1, 192.0.2.2 2:0:0:0:0:2"])


def test_addresses_have_prefixes() -> None:
    addresses = LIBRARY.atoms["ResolveNeighbour"].parameters["addresses"]
    given = ["192.0.2.1/24", "2001:db8::1/64", "10.0.0.1"]
    assert atom_text(addresses, given) == ("192.0.2.1/24", "2001:db8::1/64", "10.0.0.1/32")
    with pytest.raises(ExceptionGroup) as caught:
        atom_text(addresses, ["192.0.2.1/33", "here", 5, "192.0.2.1/24"])
    assert [mistake.path for mistake in caught.value.exceptions] == [(0,), (1,), (2,)]


def test_a_list_is_one_text() -> None:
    external, forwards = (
        next(one for one in LIBRARY.elements["Nat"].parameters if one.name == name)
        for name in ("EXTERNAL", "FORWARDS")
    )
    assert element_text(external, ["203.0.113.1"]) == "203.0.113.1"
    two = ["tcp 203.0.113.1:80 -> 10.0.0.1:80", "udp 203.0.113.1:53 -> 10.0.0.1:53"]
    assert element_text(forwards, two) == f'"{two[0]}; {two[1]}"'
    assert element_text(forwards, []) == element_text(forwards, ()) == "none"
    for value in ([], "203.0.113.1"):
        with pytest.raises(Mistake, match="a list with at least one entry is expected"):
            element_text(external, value)
    with pytest.raises(ExceptionGroup) as caught:
        element_text(external, [1, "a; b"])
    assert [mistake.path for mistake in caught.value.exceptions] == [(0,), (1,)]
