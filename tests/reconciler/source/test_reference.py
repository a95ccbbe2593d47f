from __future__ import annotations

import pytest

from reconciler.errors import RevisionNotFound
from reconciler.source.reference import Kind, Reference, newest_tag, parse_reference

TAGS = ["v1.0.0", "1.2.0", "1.10.0", "2.0.0-rc.1", "v2.0.0", "0.3.1", "0.4.0", "fw/1.5.0", "other"]


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("main", Reference(Kind.BRANCH, "main")),
        ("branch:release/1.x", Reference(Kind.BRANCH, "release/1.x")),
        ("tag:v1", Reference(Kind.TAG, "v1")),
        ("a" * 40, Reference(Kind.COMMIT, "a" * 40)),
        ("semver:>=1.0.0 <2.0.0", Reference(Kind.SEMVER, ">=1.0.0 <2.0.0")),
        ("semver:fw/:^1.2", Reference(Kind.SEMVER, "^1.2", "fw/")),
    ],
)
def test_references_are_read(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize("text", ["ref:main", "semver:newest", "semver:>=1.0.0.0"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(RevisionNotFound, match=r"write e\.g\."):
        parse_reference(text)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("semver:*", "v2.0.0"),
        ("semver:1.x", "1.10.0"),
        ("semver:1.2.0 - 1.9", "1.2.0"),
        ("semver:^9 || ~0.3", "0.3.1"),
        ("semver:>1.2", "v2.0.0"),
        ("semver:>1.2 <2", "1.10.0"),
        ("semver:<=1.2", "1.2.0"),
        ("semver:!=2.0.0", "1.10.0"),
        ("semver:>=2.0.0-0 !=2.0.0", None),
        ("semver:>=2.0.0-0 !=2.0.0-rc.1", "v2.0.0"),
        ("semver:~0.0.0", "v2.0.0"),
        ("semver:^1.0", "1.10.0"),
        ("semver:~1.2", "1.2.0"),
        ("semver:1", "1.10.0"),
        ("semver:>=1.0.0, <1.10.0", "1.2.0"),
        ("semver:>= 1.0.0 < 1.10.0", "1.2.0"),
        ("semver:^0.3.0", "0.3.1"),
        ("semver:=1.2.0", "1.2.0"),
        ("semver:>=2.0.0-rc.0 <2.0.0", None),
        ("semver:>=2.0.0-rc.0 <2.0.0-0", None),
        ("semver:>=2.0.0-rc.0 <2.0.0-rc.9", "2.0.0-rc.1"),
        ("semver:fw/:*", "fw/1.5.0"),
    ],
)
def test_newest_tag_within_a_range(text: str, tag: str | None) -> None:
    if tag is None:
        with pytest.raises(RevisionNotFound):
            newest_tag(TAGS, parse_reference(text))
    else:
        assert newest_tag(TAGS, parse_reference(text)) == tag


def test_no_tag_within_the_range_says_what_to_push() -> None:
    with pytest.raises(RevisionNotFound, match=r"push a tag such as 1\.0\.0"):
        newest_tag(TAGS, parse_reference("semver:^7.0"))


PRERELEASES = [
    "v1.0.7", "v1.2.0", "v1.2.5", "v1.3.0-rc.1", "v1.5.7", "v1.9.0-rc.1", "v2.0.0-rc.1", "0.0.3",
    "0.0.9",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("^1.2.0-0", "v1.9.0-rc.1"),
        (">=1.0.0-0 <2.0.0", "v1.5.7"),
        ("^0.0.3", "0.0.3"),
        ("=1.2", "v1.2.5"),
        ("1.0.x-0", "v1.0.7"),
        ("1.x", "v1.5.7"),
        ("1.2.*", "v1.2.5"),
    ],
)
def test_a_pre_release_never_reaches_into_the_next_major_version(text: str, tag: str) -> None:
    """Tags and ranges of fluxcd/flux2#1298; judged by Masterminds/semver 3, as Flux uses it."""
    assert newest_tag(PRERELEASES, parse_reference(f"semver:{text}")) == tag
