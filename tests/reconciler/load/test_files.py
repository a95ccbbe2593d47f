"""Objects of many files become instances; bad files stop only their own."""

import json
from copy import deepcopy
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.load import load, may_hold_objects
from reconciler.resolve.check import check
from reconciler.yaml.documents import read_documents

CASES = Path(__file__).parents[2] / "cases" / "repositories"


def read(case):
    root = CASES / case / "input"
    files = {p.relative_to(root).as_posix(): p.read_text() for p in root.rglob("*.y*ml")}
    return load(files)


def test_the_example_has_one_instance(example):
    assert example.diagnostics == ()
    assert [desired.key for desired in example.instances()] == ["edge1/edge-firewall"]


def test_a_bad_device_stops_no_other():
    repository = read("one-bad-device")
    by_key = {desired.key: desired for desired in repository.instances()}
    assert by_key["good/bridge"].diagnostics == ()
    assert [d.summary for d in by_key["half/bridge"].diagnostics] == ["Interface not bound"]
    assert [d.summary for d in repository.broken["bad/bridge"]] == ["Unknown key"]
    assert repository.unreadable == ()


def test_a_file_that_ends_in_the_middle_is_unreadable_and_says_so():
    repository = read("broken-yaml")
    by_key = {desired.key: desired for desired in repository.instances()}
    assert by_key["good/bridge"].diagnostics == ()
    assert [d.summary for d in by_key["first/bridge"].diagnostics] == ["Not YAML"]
    assert repository.unreadable == ("more.yaml",)


def test_an_unknown_network_element_stalls_its_instance():
    repository = read("ten-mistakes")
    assert [d.summary for d in repository.broken["edge1/gama"]] == [
        "Duplicate key",
        "Unknown network element",
    ]


def test_other_peoples_yaml_is_left_alone():
    files = {
        "service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n",
        "list.yaml": "- 1\n- 2\n",
        "broken.yaml": "a: [\n",
        "values.yml": "kind: [1]\n",
    }
    assert load(files).diagnostics == ()


def test_hidden_folders_and_other_endings_are_not_considered():
    assert may_hold_objects("devices/edge.yaml")
    assert may_hold_objects("edge.yml")
    assert not may_hold_objects(".github/workflows/ci.yaml")
    assert not may_hold_objects("a/.hidden.yaml")
    assert not may_hold_objects("README.md")


def test_diagnostics_do_not_depend_on_the_order_of_files(example_files):
    files = {**example_files, "x.yaml": "apiVersion: click-up/v1alpha1\nkind: Devise\n"}
    backwards = dict(reversed(files.items()))
    assert load(files).diagnostics == load(backwards).diagnostics


def test_every_key_of_an_example_misspelt_is_found_with_its_column(example_files):
    for file, text in example_files.items():
        for number, line in enumerate(text.splitlines(), 1):
            key = line.strip().partition(":")[0]
            if not key.isidentifier() or key not in (
                "spec",
                "flow",
                "atoms",
                "verify",
                "interfaces",
            ):
                continue
            wrong = text.replace(f"{key}:", f"{key}x:", 1)
            column = line.index(key) + 1
            found = load({**example_files, file: wrong}).diagnostics
            assert any(
                (d.file, d.line, d.column, d.summary) == (file, number, column, "Unknown key")
                and repr(key) in d.hint
                for d in found
            ), f"{file}:{number}"


def test_two_instances_do_not_share_an_interface(example_files):
    second = example_files["elements/edge-firewall.yaml"].replace(
        "name: edge-firewall", "name: other"
    )
    rollout = example_files["rollouts/edge-firewall.yaml"].replace("edge-firewall", "other")
    files = {**example_files, "elements/other.yaml": second, "rollouts/other.yaml": rollout}
    found = load(files)
    assert {d.summary for d in found.diagnostics} == {"Interface used twice"}
    by_key = {desired.key: desired for desired in found.instances()}
    assert by_key["edge1/edge-firewall"].diagnostics == ()
    assert by_key["edge1/other"].diagnostics


def of_one_element(files, file):
    """Return the files of the network element to which this one belongs."""
    element = "edge-firewall" if file.startswith("devices/") else Path(file).stem
    return {path: text for path, text in files.items() if Path(path).stem in (element, "edge1")}


@given(
    st.sampled_from(
        ["elements/edge-firewall.yaml", "devices/edge1.yaml", "rollouts/edge-firewall.yaml"]
    ),
    st.lists(
        st.tuples(
            st.floats(0, 1), st.integers(0, 12), st.text("abz {}[]:,-#'\"\n\t$&*!>|%@0", max_size=6)
        ),
        min_size=1,
        max_size=3,
    ),
)
@settings(max_examples=150)
def test_no_text_whatsoever_ends_in_a_crash(library, example_files, file, edits):
    text = example_files[file]
    for place, length, inserted in edits:
        start = int(place * len(text))
        text = text[:start] + inserted + text[start + length :]
    repository = load({**of_one_element(example_files, file), file: text})
    for diagnostic in check(repository, library):
        assert diagnostic.file and diagnostic.line > 0 and diagnostic.column > 0
    assert not {desired.key for desired in repository.instances()} & set(repository.broken)


@given(st.data())
@settings(max_examples=150)
def test_no_value_whatsoever_ends_in_a_crash(library, example_files, data):
    file = data.draw(st.sampled_from(sorted(example_files)))
    [document] = read_documents(file, example_files[file])[0]
    path = data.draw(st.sampled_from([path for path in document.values if path]))
    value = data.draw(st.sampled_from([None, 5, "x", "$x", [], {}, [1], {"a": 1}, True, 1.5]))
    changed = deepcopy(document.value)
    around = changed
    for part in path[:-1]:
        around = around[part]
    around[path[-1]] = value
    files = {**of_one_element(example_files, file), file: json.dumps(changed)}
    for diagnostic in check(load(files), library):
        assert diagnostic.file in files and diagnostic.line > 0 and diagnostic.column > 0
