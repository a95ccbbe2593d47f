"""A revision that removes most instances is taken for a mistake."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.plan.removals import LABEL, why_not_so_many


def applied(count: int, labelled: int = 0) -> dict[str, dict[str, Any]]:
    objects = {}
    for number in range(count):
        labels = {LABEL: "true"} if number < labelled else {}
        objects[f"d{number}/e"] = {
            "device": {"metadata": {"name": "d", "labels": labels}},
            "rollout": {"metadata": {"name": "r"}},
        }
    return objects


@pytest.mark.parametrize(
    ("all_of_them", "gone", "labelled", "allowed"),
    [
        (1, 1, 0, True),
        (2, 1, 0, True),
        (2, 2, 0, False),
        (2, 2, 1, True),
        (3, 2, 0, False),
        (10, 5, 0, True),
        (10, 6, 0, False),
        (10, 6, 1, True),
        (10, 10, 10, True),
    ],
)
def test_at_most_half_of_all_go_at_once(
    all_of_them: int, gone: int, labelled: int, allowed: bool
) -> None:
    running = applied(all_of_them, labelled)
    desired = sorted(running)[gone:]
    why = why_not_so_many(running, desired)
    assert (why is None) == allowed
    if why is not None:
        assert f"{gone} of {all_of_them} instances" in why and "--allow-removals" in why


def test_the_rest_goes_on_while_some_are_gone() -> None:
    """Each removal makes both numbers smaller, which must not turn the decision."""
    running = applied(10)
    desired = sorted(running)[5:]
    for key in sorted(running)[:5]:
        assert why_not_so_many(running, desired) is None
        del running[key]
