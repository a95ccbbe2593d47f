from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.resolve.probes import (
    ProbeSyntaxError,
    Sample,
    Verdict,
    enough_samples,
    handlers_of,
    judge,
    parse_probe,
)

COUNT = (parse_probe("sessions.count >= 1"),)


def samples(*values: str | None, step: float = 0.1) -> list[Sample]:
    return [Sample(i * step, {"sessions.count": value}) for i, value in enumerate(values)]


def test_parses_terms_joined_by_and() -> None:
    probe = parse_probe("sessions.count >= 1 and forwarded.rate>0.5")
    assert [(t.name, t.comparison, t.number) for t in probe.terms] == [
        ("sessions.count", ">=", 1.0),
        ("forwarded.rate", ">", 0.5),
    ]
    assert handlers_of([probe, probe]) == ("forwarded.rate", "sessions.count")


@pytest.mark.parametrize("text", ["", "count > 1", "a.b => 1", "a.b > c", "a.b > 1 or c.d > 2"])
def test_says_what_it_accepts(text: str) -> None:
    with pytest.raises(ProbeSyntaxError, match=r"element\.handler OP number"):
        parse_probe(text)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        (["1", "1", "1", "1"], Verdict.PASSED),
        (["1", "1"], Verdict.PENDING),
        (["0", "0", "1", "1", "1", "1"], Verdict.PASSED),  # true within settle
        (["1", "0", "1", "1", "1", "1"], Verdict.PASSED),  # settling may flap
        (["0", "0", "0", "0"], Verdict.FAILED),  # not true at the end of settle
        (["1", "1", "1", "0"], Verdict.PASSED),  # soaked before it changed
        (["0", "0", "1", "0"], Verdict.FAILED),  # not true to the end of soak
        (["1 packets\n", "2", "3", "4"], Verdict.PASSED),
    ],
)
def test_judges_over_settle_and_soak(values: list[str], verdict: Verdict) -> None:
    assert judge(COUNT, samples(*values), settle=0.29, soak=0.19).verdict is verdict


def test_failure_names_probe_value_and_time() -> None:
    said = judge(COUNT, samples("0", "0"), settle=0.1, soak=1)
    assert said.reason == (
        "probe `sessions.count >= 1` fails: sessions.count is 0, 0.1 s after the takeover"
    )


@pytest.mark.parametrize("value", [None, "many"])
def test_what_cannot_be_read_fails(value: str | None) -> None:
    assert judge(COUNT, samples(value), settle=0, soak=0).verdict is Verdict.FAILED


def test_too_few_samples_say_nothing() -> None:
    """On a busy machine a reconciler may get only two samples in a soak."""
    far_apart = [Sample(at, {"sessions.count": "1"}) for at in (0.0, 2.0, 2.2, 2.4, 2.6)]
    enough = enough_samples(soak=2.0, interval=0.2)
    assert enough == 5
    verdicts = [
        judge(COUNT, far_apart[:seen], settle=0, soak=2, enough=enough).verdict
        for seen in range(1, 6)
    ]
    assert verdicts == [Verdict.PENDING] * 4 + [Verdict.PASSED]


def test_without_probes_only_the_soak_counts() -> None:
    assert judge((), samples("0", "0"), settle=0, soak=1).verdict is Verdict.PENDING
    assert judge((), samples("0", "0"), settle=0, soak=0.1).verdict is Verdict.PASSED


@given(st.lists(st.sampled_from(["0", "1"]), max_size=12))
def test_verdict_never_changes_once_reached(values: list[str]) -> None:
    reached = Verdict.PENDING
    for end in range(len(values) + 1):
        verdict = judge(COUNT, samples(*values[:end]), settle=0.25, soak=0.35).verdict
        assert reached is Verdict.PENDING or verdict is reached
        reached = verdict
