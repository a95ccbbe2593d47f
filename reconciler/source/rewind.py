"""The commit that was followed last: a branch that goes back to an earlier one is not followed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from reconciler.durable import sync
from reconciler.errors import BranchRewound
from reconciler.source.command import Git, GitFailed


@dataclass(frozen=True)
class Followed:
    """The newest commit of a branch that was followed; `time` is its commit time in Unix
    seconds, `source` the address and name of the branch.
    """

    source: str
    commit: str
    time: int


def refuse_rewind(git: Git, source: str, commit: str, memory: Path) -> None:
    """Raise BranchRewound when the branch went back from the commit that `memory` tells.

    A branch that was rewritten is followed unless its commit is older: then it cannot be told from
    one that went back, since the clone does not hold all history.
    """
    before = recall(memory)
    if before is None or before.source != source or before.commit == commit:
        return
    if _is_ancestor(git, before.commit, commit):
        return
    if _is_ancestor(git, commit, before.commit) or commit_time(git, commit) < before.time:
        raise BranchRewound(
            f"{source} went back from {before.commit[:8]} to {commit[:8]}, which is older; what"
            " runs stays as it is; push a newer commit (`git revert` undoes a change), or allow it"
            " once with --allow-rewind"
        )


def recall(memory: Path) -> Followed | None:
    """Return what was followed last; None when nothing is known."""
    try:
        return Followed(**json.loads(memory.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def remember(memory: Path, followed: Followed) -> None:
    """Keep what was followed, unless that is known."""
    if recall(memory) != followed:
        unfinished = memory.with_name(f"{memory.name}.new")
        unfinished.write_text(json.dumps(asdict(followed)))
        sync(unfinished)
        unfinished.replace(memory)


def commit_time(git: Git, commit: str) -> int:
    """Return when the commit was made, in Unix seconds. Raises GitFailed."""
    return int(git.line("log", "--max-count=1", "--format=%ct", commit))


def _is_ancestor(git: Git, older: str, newer: str) -> bool:
    try:
        git.run("merge-base", "--is-ancestor", older, newer)
    except GitFailed:
        return False  # or one of them is not in the clone
    return True
