from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.outcome import (
    LONGEST_BURST,
    QUIET_SECONDS,
    Outcome,
    OutcomeKind,
    backoff,
    damping,
)


def test_backoff_doubles_from_one_second_to_sixty() -> None:
    assert [backoff(n) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff(10_000) == 60


def test_lone_commit_acts_at_once() -> None:
    assert damping([], None, 100) == 0
    assert damping([100.0], None, 100) == 0
    assert damping([90.0, 100.0], 91.0, 100) == 0


def test_burst_waits_until_it_was_quiet() -> None:
    assert damping([100.0, 101.0], None, 101.0) == QUIET_SECONDS
    assert damping([100.0, 101.0], None, 102.5) == 0


def test_burst_waits_no_longer_than_the_limit_since_the_last_takeover() -> None:
    commits = [100 + n * 0.5 for n in range(60)]
    assert damping(commits, None, commits[-1]) == 0
    assert damping(commits, commits[-1] - 1, commits[-1]) == QUIET_SECONDS
    assert damping(commits, commits[-1] - LONGEST_BURST, commits[-1]) == 0


def takeovers(arrivals: list[float]) -> list[float]:
    """Return the times of takeovers if the loop asks at every commit and after every wait."""
    done: list[float] = []
    pending = False
    moments = sorted({*arrivals, *(n * 0.05 for n in range(int(arrivals[-1] / 0.05) + 100))})
    for now in moments:
        known = [at for at in arrivals if at <= now]
        pending = pending or now in arrivals
        if pending and damping(known, done[-1] if done else None, now) <= 0:
            done.append(now)
            pending = False
    return done


def test_twenty_commits_in_ten_seconds_give_at_most_three_takeovers() -> None:
    arrivals = [n * 0.5 for n in range(20)]
    done = takeovers(arrivals)
    assert len(done) <= 3
    assert done[-1] >= arrivals[-1]


@given(st.lists(st.floats(0.01, 2.0), min_size=1, max_size=20))
def test_the_last_commit_is_always_acted_on(gaps: list[float]) -> None:
    arrivals = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    done = takeovers(arrivals)
    assert done[-1] >= arrivals[-1]
    assert done[-1] - arrivals[-1] <= QUIET_SECONDS + 0.1


def test_a_reverted_upgrade_has_its_own_exit_code() -> None:
    codes = {kind: Outcome(kind, "X").meaning.exit_code for kind in OutcomeKind}
    assert codes[OutcomeKind.APPLIED] == codes[OutcomeKind.UNCHANGED] == 0
    assert codes[OutcomeKind.REVERTED] == codes[OutcomeKind.REJECTED] == 3
    assert codes[OutcomeKind.STALLED] == codes[OutcomeKind.TRANSIENT] == 1
