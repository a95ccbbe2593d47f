"""Whatever a repository holds, reading it ends without an exception and loses no instance.

`make thorough` tries many more.
"""

from __future__ import annotations

import io
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from reconciler.load import load
from reconciler.load.desired_state import DesiredState
from reconciler.resolve.check import check
from reconciler.yaml.contents import Unread
from reconciler.yaml.limits import Limits
from tests.libraries import todays_library
from tests.reconciler.load.bridges import ONE, TWO, WIRE

EXAMPLES = 20_000 if os.environ.get("CLICKUP_THOROUGH") else 60
pytestmark = pytest.mark.timeout(120 + EXAMPLES / 5)
LIMITS = Limits(file_values=2000, instances=100)
GOOD = {"good.yaml": "---\n".join([ONE, TWO, WIRE])}
API = b"apiVersion: click-up/v1alpha1\n"
INSTANCES = {one.key for one in load(GOOD).instances()}

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(10**400), 2**63, 2**64]),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(
        ["click-up/v1alpha1", "Device", "NetworkElement", "Rollout", "edge1", "9" * 400]
    ),
    st.integers(1, 400).map(lambda n: f"{'9' * n}s"),
)
keys = st.one_of(
    st.sampled_from([
        "apiVersion", "kind", "metadata", "name", "labels", "spec", "atoms", "states", "flow",
        "interfaces", "parameters", "element", "devices", "names", "matchLabels", "verify", "use",
        "with", "probes", "keep", "version", "driver", "transport", "<<",
    ]),
    st.text(max_size=8),
)  # fmt: skip
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


def check_whole(files: dict[str, Any]) -> None:
    """Read a good repository with these files in it: its instances are there, or stay."""
    repository = load({**files, **GOOD}, LIMITS)
    check(repository, todays_library())
    state = DesiredState("main@sha1:0", repository)
    found = set(state.digests)
    assert found >= INSTANCES or state.why_not_remove() is not None
    assert all(str(one) for one in repository.diagnostics)
    "".join(map(str, repository.diagnostics)).encode()


@fuzzed
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_arbitrary_bytes(contents: bytes | str) -> None:
    check_whole({"a.yaml": contents})


@fuzzed
@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_file_cut_or_changed_anywhere_removes_nothing_unseen(
    name: str, data: st.DataObject
) -> None:
    """Unless what is left says whole and without a mistake that there is no such instance."""
    text = GOOD[name].encode()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    changed = text[:start] + data.draw(st.binary(max_size=20)) + text[end:]
    repository = load({**GOOD, name: changed}, LIMITS)
    check(repository, todays_library())
    "".join(map(str, repository.diagnostics)).encode()
    state = DesiredState("main@sha1:0", repository)
    if repository.diagnostics and changed.count(API) == text.count(API):
        assert set(state.digests) >= INSTANCES or state.why_not_remove() is not None


@fuzzed
@given(trees)
def test_arbitrary_trees_of_yaml(tree: Any) -> None:
    check_whole({"a.yaml": _dumped(tree)})


@fuzzed
@given(st.sampled_from(["Device", "NetworkElement", "Rollout"]), trees)
def test_arbitrary_objects(kind: str, spec: Any) -> None:
    whole = {
        "apiVersion": "click-up/v1alpha1",
        "kind": kind,
        "metadata": {"name": "other"},
        "spec": spec,
    }
    check_whole({"a.yaml": _dumped(whole)})


@fuzzed
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=20).map(lambda name: f"{name}.yaml"),
        st.one_of(st.binary(max_size=40), st.just(Unread("it is a link", "Commit it."))),
        max_size=5,
    )
)
def test_arbitrary_names_of_files(files: dict[str, Any]) -> None:
    check_whole(files)


def test_what_once_ended_the_reconciler_for_all() -> None:
    head = "apiVersion: click-up/v1alpha1\nkind: Device\nmetadata: {name: bad}\nspec:\n"
    contents = {
        "nesting": head + "  interfaces: " + "[" * 250 + "]" * 250,
        "half a character": head + '  driver: "\\ud800"\n',
        "digits": head + f"  cores: {'9' * 5000}\n",
        "hexadecimal": head + f"  cores: 0x{'f' * 5000}\n",
        "duration": head.replace("Device", "Rollout") + f"  verify: {{soak: {'9' * 400}s}}\n",
        "aliases": head + "  a: &a [x, x]\n" + "".join(
            f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else '*a'] * 9)}]\n" for n in range(9)
        ),
    }  # fmt: skip
    for what, text in contents.items():
        repository = load({**GOOD, "bad.yaml": text})
        assert {one.key for one in repository.instances()} == INSTANCES, what
        assert any(one.file == "bad.yaml" for one in repository.diagnostics), what


def _dumped(tree: Any) -> bytes:
    """Write a tree as YAML; as JSON, which is YAML too, where the writer cannot."""
    out = io.BytesIO()
    try:
        YAML(typ="safe", pure=True).dump(tree, out)
    except (YAMLError, ValueError):  # half characters
        return json.dumps(tree).encode()
    return out.getvalue()
