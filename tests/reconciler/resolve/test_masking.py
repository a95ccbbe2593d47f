"""No mistake hides another one, and no mere consequence of another one is reported."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.load import load
from reconciler.resolve import resolve
from reconciler.resolve.check import check

ELEMENT, DEVICE, ROLLOUT = (
    "elements/edge-firewall.yaml",
    "devices/edge1.yaml",
    "rollouts/edge-firewall.yaml",
)
# File, text, its replacement, and the summaries of all mistakes that are then reported.
SEEDS = {
    "version": (ELEMENT, "version: 1.0.0", "version: 1.0", ["Wrong type"]),
    "unknown key": (ELEMENT, "summary:", "sumary:", ["Unknown key"]),
    "interfaces": (ELEMENT, "[lan, wan]", "[lan, wan, 5]", ["Wrong type"]),
    "parameter": (ELEMENT, "session_capacity: 65536", "session_capacity: ~", ["Wrong type"]),
    "unused parameter": (ELEMENT, "    allowed: [", "    Allowed: [", ["Invalid value"]),
    "state class": (ELEMENT, "SessionTable", "SessionTabel", ["Unknown state class"]),
    "keep": (ELEMENT, "keep: required", "keep: requird", ["Value not allowed"]),
    "atom": (ELEMENT, "from_lan:  {use: Receive", "from_lan:  {use: Recieve", ["No such atom"]),
    "atom name": (ELEMENT, "    inbound:   {", "    Inbound:   {", ["Invalid value"]),
    "atom's use": (ELEMENT, "outbound:  {use: Dissect", "outbound:  {use: 7", ["Wrong type"]),
    "argument": (
        ELEMENT,
        "check_out: {use: CheckSession, with: {sessions: sessions",
        "check_out: {use: CheckSession, with: {sessions: session",
        ["Invalid value"],
    ),
    "argument's name": (
        ELEMENT,
        "check_in:  {use: CheckSession, with: {sessions:",
        "check_in:  {use: CheckSession, with: {session:",
        ["Unknown parameter"],
    ),
    "arguments": (ELEMENT, "{interface: wan}}\n    to_lan", "[wan]}\n    to_lan", ["Wrong type"]),
    "reference": (ELEMENT, "$allowed", "$alowed", ["Unknown parameter"]),
    "key of an atom": (
        ELEMENT,
        "returned:  {use: Count",
        "returned:  {as: 1, use: Count",
        ["Unknown key"],
    ),
    "interface": (
        ELEMENT,
        "to_lan:    {use: Send, with: {interface: lan",
        "to_lan:    {use: Send, with: {interface: lna",
        ["Invalid value"],
    ),
    "no argument": (
        ELEMENT,
        "{use: Log, with: {label: rejected}}",
        "{use: Log}",
        ["Missing parameter"],
    ),
    "output": (ELEMENT, "inbound[other] ->", "inbound[othr] ->", ["Unknown output"]),
    "no output": (ELEMENT, "outbound[other] ->", "outbound ->", ["Which output"]),
    "flow's atom": (ELEMENT, "rejected -> drop", "rejected -> dorp", ["Unknown atom"]),
    "flow's syntax": (
        ELEMENT,
        "check_out[invalid] -> rejected",
        "check_out[invalid] > rejected",
        ["Flow not understood"],
    ),
    "types": (
        ELEMENT,
        "types_out[passed] -> to_wan",
        "types_out[passed] -> check_in",
        ["Packet types differ"],
    ),
    "device's key": (DEVICE, "transport:", "transprt:", ["Unknown key"]),
    "platform": (DEVICE, "driver: click-up", "platform: linux/amd46", ["Value not allowed"]),
    "not bound": (DEVICE, ", wan: eth1", "", ["Interface not bound"]),
    "bound": (DEVICE, "lan: eth0", "lan: a/b", ["Invalid value"]),
    "netns": (DEVICE, "netns: edge1 ", "netns: ~     ", []),
    "labels": (
        DEVICE,
        "labels: {site: lab, role: edge}",
        "labls: {site: lab, role: edge}",
        ["Unknown key"],
    ),
    "duration": (ROLLOUT, "soak: 2s", "soak: 2 ", ["Invalid value"]),
    "settle": (ROLLOUT, "settle: 3s", "setle: 3s", ["Unknown key"]),
    "timeout": (ROLLOUT, "confirm_timeout: 30s", "confirm_timeout: 1s", ["Invalid value"]),
    "probe's element": (ROLLOUT, "sessions.count", "session.count", ["Unknown element"]),
    "probe's syntax": (ROLLOUT, "forwarded.rate > 0", "forwarded.rate", ["Invalid value"]),
    "probe's handler": (ROLLOUT, "forwarded.rate", "forwarded.rat", ["Unknown handler"]),
    "drift": (ROLLOUT, "drift: heal", "drift: haul", ["Value not allowed"]),
    "confirm": (ROLLOUT, "confirm_timeout: 30s", "confirm_timout: 30s", ["Unknown key"]),
}
# Which of two mistakes is meant cannot be told when the first leaves open what the second needs.
DEPENDENT = {
    frozenset(pair)
    for pair in [
        ("interfaces", "interface"),
        ("atom name", "output"),
        ("labels", "not bound"),
        ("duration", "timeout"),
        ("settle", "timeout"),
        ("probe's syntax", "probe's handler"),
        ("atom's use", "no output"),
        ("atom's use", "types"),
        ("no output", "types"),
    ]
}


def seeded(files, names):
    for name in names:
        file, old, new, _ = SEEDS[name]
        if old not in files[file]:
            return None
        files = {**files, file: files[file].replace(old, new, 1)}
    return files


def reported(files, library):
    found = check(load(files), library)
    return {(d.file, d.line, d.summary) for d in found}


@pytest.fixture(scope="module")
def example_files(example_files):
    """Return the files of a single network element."""
    return {file: example_files[file] for file in (ELEMENT, DEVICE, ROLLOUT)}


@pytest.fixture(scope="module")
def single(example_files, library):
    return {name: reported(seeded(example_files, [name]), library) for name in SEEDS}


@pytest.mark.parametrize("name", SEEDS)
def test_one_mistake_has_no_follow_ups(name, single):
    assert sorted(summary for *_, summary in single[name]) == SEEDS[name][3]


@pytest.mark.parametrize("name", SEEDS)
def test_two_mistakes_are_both_reported(name, single, example_files, library):
    for other in [one for one in SEEDS if one > name]:
        files = seeded(example_files, [name, other])
        if files is None or frozenset((name, other)) in DEPENDENT:
            continue
        assert reported(files, library) == single[name] | single[other], other


@given(st.sets(st.sampled_from(sorted(SEEDS)), min_size=3))
@settings(max_examples=60)
def test_many_mistakes_are_never_more_than_each_alone(single, example_files, library, names):
    files = seeded(example_files, sorted(names))
    if files is not None:
        assert reported(files, library) <= set().union(*(single[name] for name in names))


@pytest.mark.parametrize("name", SEEDS)
def test_what_is_only_a_draft_forms_no_instance(name, single, example_files, library):
    for desired in load(seeded(example_files, [name])).instances():
        resolved = resolve(desired, library)
        assert not single[name] or desired.diagnostics or resolved.diagnostics
