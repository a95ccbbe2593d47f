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


def follow(git: Git, source: str, commit: str, memory: Path, allow_rewind: bool) -> None:
    """Remember the commit in the file `memory`. Raises BranchRewound when the branch went back.

    A branch that was rewritten is followed unless its commit is older: then it cannot be told from
    one that went back, since the clone does not hold all history.
    """
    before = _recall(memory, source)
    if before is not None and before.commit == commit:
        return
    now = Followed(source, commit, int(git.line("log", "--max-count=1", "--format=%ct", commit)))
    if before is not None and not allow_rewind and _went_back(git, before, now):
        raise BranchRewound(
            f"{source} went back from {before.commit[:8]} to {commit[:8]}, which is older; what"
            " runs stays as it is; push a newer commit (`git revert` undoes a change), or allow it"
            " once with --allow-rewind"
        )
    unfinished = memory.with_name(f"{memory.name}.new")
    unfinished.write_text(json.dumps(asdict(now)))
    sync(unfinished)
    unfinished.replace(memory)


def _recall(memory: Path, source: str) -> Followed | None:
    """Return what was followed last of this source; None when nothing is known."""
    try:
        known = Followed(**json.loads(memory.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return known if known.source == source else None


def _went_back(git: Git, before: Followed, now: Followed) -> bool:
    if _is_ancestor(git, before.commit, now.commit):
        return False
    return now.time < before.time or _is_ancestor(git, now.commit, before.commit)


def _is_ancestor(git: Git, older: str, newer: str) -> bool:
    try:
        git.run("merge-base", "--is-ancestor", older, newer)
    except GitFailed:
        return False  # or one of them is not in the clone
    return True
