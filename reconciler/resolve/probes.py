"""Verify probes: handler expressions such as `sessions.count >= 1 and forwarded.rate > 0`, judged
over a soak time.

Pure: samples with their times come in, verdicts go out.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from schemas.rollout import PROBE_TERM

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
NUMBER = re.compile(r"^\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\b")


class ProbeSyntaxError(ValueError):
    """The expression is not `element.handler OP number`, joined by `and`."""


@dataclass(frozen=True)
class Term:
    """One comparison of a handler's value with a number."""

    element: str
    handler: str
    comparison: str
    number: float

    @property
    def name(self) -> str:
        """The handler as the control socket names it."""
        return f"{self.element}.{self.handler}"


@dataclass(frozen=True)
class Probe:
    """A probe passes when all `terms` are true; `text` is what the operator wrote."""

    text: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Sample:
    """The values of all handlers at one time, in seconds since the takeover; None where a read
    failed.
    """

    at: float
    values: Mapping[str, str | None]


class Verdict(Enum):
    """The result so far."""

    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True)
class Judgement:
    """A verdict, and the first sample that failed a probe, in words."""

    verdict: Verdict
    reason: str = ""


def parse_probe(text: str) -> Probe:
    """Parse a probe. Raises ProbeSyntaxError, which says what is accepted."""
    terms = []
    for part in re.split(r"\s+and\s+", text.strip()):
        match = PROBE_TERM.fullmatch(part.strip())
        if match is None:
            raise ProbeSyntaxError(
                f"probe {text!r}: {part.strip()!r} is not `element.handler OP number`; OP is one of"
                f" {' '.join(COMPARISONS)}; join several with `and`"
            )
        terms.append(Term(match[1], match[2], match[3], float(match[4])))
    return Probe(text, tuple(terms))


def handlers_of(probes: Sequence[Probe]) -> tuple[str, ...]:
    """Return the handlers to read for one sample, sorted, each once."""
    return tuple(sorted({term.name for probe in probes for term in probe.terms}))


def enough_samples(soak: float, interval: float) -> int:
    """Return how many good samples a soak takes: half of those that there is time for."""
    return math.ceil(soak / interval / 2)


def judge(
    probes: Sequence[Probe],
    samples: Sequence[Sample],
    settle: float,
    soak: float,
    enough: int = 1,
) -> Judgement:
    """Judge samples in order of time: within `settle` seconds probes must become true, then stay
    true for `soak` seconds.

    The first sample after `settle` that fails a probe ends it. `soak` counts from the first sample
    from which on every probe holds, and is over when `enough` of them did.
    """
    good: list[float] = []
    for sample in samples:
        failure = _first_failure(probes, sample)
        if failure is None:
            good.append(sample.at)
            if sample.at - good[0] >= soak and len(good) >= enough:
                return Judgement(Verdict.PASSED)
        elif sample.at >= settle:
            return Judgement(Verdict.FAILED, f"{failure}, {sample.at:.1f} s after the takeover")
        else:
            good.clear()
    return Judgement(Verdict.PENDING)


def _first_failure(probes: Sequence[Probe], sample: Sample) -> str | None:
    for probe in probes:
        for term in probe.terms:
            value = sample.values.get(term.name)
            if value is None:
                return f"probe `{probe.text}` fails: {term.name} could not be read"
            number = _number(value)
            if number is None:
                return f"probe `{probe.text}` fails: {term.name} is {value[:40]!r}, not a number"
            if not COMPARISONS[term.comparison](number, term.number):
                return f"probe `{probe.text}` fails: {term.name} is {number:g}"
    return None


def _number(text: str) -> float | None:
    match = NUMBER.match(text)
    return None if match is None else float(match[1])
