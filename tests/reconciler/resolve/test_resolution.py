"""Network elements become element graphs."""

import pytest

from reconciler.graph import Connection
from reconciler.graph.click_language import render
from reconciler.load import load
from reconciler.load.repository import unbound_instance
from reconciler.resolve import resolve
from schemas.network_element import Keep

HEAD = """\
apiVersion: click-up/v1alpha1
kind: NetworkElement
metadata: {name: one}
spec:
  version: 1.0.0
  interfaces: [lan, wan]
"""
BRIDGE_ENDS = """\
    from_lan: {use: Receive, with: {interface: lan}}
    to_wan:   {use: Send, with: {interface: wan}}
    drop:     {use: Discard}
"""


def resolved(body, library):
    repository = load({"one.yaml": HEAD + body})
    assert repository.diagnostics == ()
    found = resolve(unbound_instance(repository.elements["one"]), library)
    assert found.diagnostics == ()
    return found


def pipeline(atoms, flow, library, more=""):
    lines = "".join(f"    - {line}\n" for line in flow)
    return resolved(f"{more}  atoms:\n{BRIDGE_ENDS}{atoms}  flow:\n{lines}", library).graph


@pytest.fixture(scope="module")
def firewall(example, library):
    [desired] = example.instances()
    return resolve(desired, library)


def test_the_example_resolves_to_named_elements(firewall):
    assert firewall.diagnostics == ()
    by_name = firewall.graph.by_name()
    assert by_name["from_lan"].arguments == ("eth0", "PROMISC true", "SNIFFER false")
    assert by_name["to_wan/queue"].class_name == "Queue"
    assert by_name["forwarded"].class_name == "Counter", "handlers are at the atom's own name"
    assert by_name["sessions"].arguments == ("CAPACITY 65536",)


def test_ip_packets_get_their_ethernet_header_back_where_frames_are_wanted(firewall):
    glue = firewall.graph.element("to_wan/framed_ip_to_frame")
    assert (glue.class_name, glue.arguments) == ("Unstrip", ("14",))
    wires = set(firewall.graph.connections)
    assert Connection("forwarded", 0, "to_wan/framed_ip_to_frame", 0) in wires
    assert Connection("types_out", 0, "to_wan/queue", 0) in wires, "frames need no glue"


def test_outputs_left_open_join_or_drop(firewall):
    wires = set(firewall.graph.connections)
    assert Connection("check_out", 2, "forwarded", 0) in wires, "related: established"
    assert Connection("outbound", 0, "types_out", 0) in wires, "arp: other"
    assert Connection("open", 1, "open/full", 0) in wires
    assert firewall.graph.element("open/full").class_name == "Discard"


def test_states_name_layouts_policy_and_live_parameters(firewall):
    state = firewall.states["sessions"]
    assert (state.class_name, state.keep) == ("SessionTable", Keep.REQUIRED)
    assert [len(layout) for layout in state.layouts.values()] == [16]
    assert firewall.live["sessions.TCP_ESTABLISHED"] == "sessions.tcp_established"


def test_every_output_is_connected_once(firewall):
    outputs = [(wire.source, wire.source_port) for wire in firewall.graph.connections]
    assert len(outputs) == len(set(outputs))


def test_resolving_is_deterministic(example, library, firewall):
    [desired] = example.instances()
    again = resolve(desired, library)
    assert again.graph.digest() == firewall.graph.digest()
    assert render(again.graph) == render(firewall.graph)


def test_allow_denies_what_no_rule_allows(library):
    rules = "[tcp dst port 80, {deny: src net 10.0.0.0/8}, icmp]"
    graph = pipeline(
        f"    parts: {{use: Dissect}}\n    ok: {{use: Allow, with: {{rules: {rules}}}}}\n",
        [
            "from_lan -> parts[ip] -> ok[allowed] -> to_wan",
            "ok[denied] -> drop",
            "parts[other] -> to_wan",
        ],
        library,
    )
    assert graph.element("ok").arguments == (
        "allow tcp dst port 80",
        "1 src net 10.0.0.0/8",
        "allow icmp",
        "1 all",
    )


def test_classify_reads_expressions_of_ip_and_bytes_of_frames(library):
    graph = pipeline(
        "    parts: {use: Dissect}\n"
        "    kinds: {use: Classify, with: {classes: {web: tcp dst port 80}}}\n"
        "    types: {use: Classify, with: {classes: {vlan: 12/8100}}}\n",
        [
            "from_lan -> types[vlan] -> drop",
            "types[other] -> parts[ip] -> kinds[web] -> to_wan",
            "parts[other] -> to_wan",
        ],
        library,
    )
    assert graph.element("kinds").class_name == "IPClassifier"
    assert graph.element("kinds").arguments == ("tcp dst port 80", "-")
    assert graph.element("kinds/other").class_name == "Discard"
    assert graph.element("types").class_name == "Classifier"


def test_a_class_of_several_patterns_takes_what_matches_any(library):
    graph = pipeline(
        "    types: {use: Classify, with: {classes: {tags: [12/8100, 12/88a8], arp: 12/0806}}}\n",
        ["from_lan -> types[tags] -> drop", "types[arp] -> to_wan", "types[other] -> drop"],
        library,
    )
    assert graph.element("types").arguments == ("12/8100", "12/88a8", "12/0806", "-")
    leading = {one.source_port: one.target for one in graph.connections if one.source == "types"}
    assert leading == {0: "drop", 1: "drop", 2: "to_wan/queue", 3: "drop"}


BRIDGE = """\
  states:
    stations: {use: StationTable}
  atoms:
    from_lan: {use: Receive, with: {interface: lan}}
    from_wan: {use: Receive, with: {interface: wan}}
    bridge:   {use: LearnBridge, with: {stations: stations, ports: [near, far]}}
    to_lan:   {use: Send, with: {interface: lan}}
    to_wan:   {use: Send, with: {interface: wan}}
  flow:
    - from_lan -> [near]bridge[near] -> to_lan
    - from_wan -> [far]bridge[far] -> to_wan
"""


def test_an_atom_may_have_an_input_for_each_of_its_names(library):
    graph = resolved(BRIDGE, library).graph
    assert graph.element("bridge").arguments == ("stations", "near", "far", "VLAN false")
    wires = set(graph.connections)
    assert Connection("from_wan", 0, "bridge", 1) in wires
    assert Connection("bridge", 1, "to_wan/queue", 0) in wires


@pytest.mark.parametrize(
    ("right", "wrong", "summary"),
    [
        ("[far]bridge[far]", "[fat]bridge[far]", "Unknown input"),
        ("[far]bridge[far]", "bridge[far]", "Which input"),
        (
            "    - from_wan -> [far]bridge[far] -> to_wan",
            "    - bridge[far] -> to_wan",
            "Nothing arrives",
        ),
    ],
)
def test_inputs_by_name_that_are_wrong(library, right, wrong, summary):
    repository = load({"one.yaml": HEAD + BRIDGE.replace(right, wrong)})
    found = resolve(unbound_instance(repository.elements["one"]), library)
    assert summary in {diagnostic.summary for diagnostic in found.diagnostics}


def test_log_prints_frames_or_ip_and_quotes_its_label(library):
    graph = pipeline(
        "    say: {use: Log, with: {label: 'two words'}}\n"
        "    same: {use: Tee, with: {outputs: [one, two]}}\n",
        ["from_lan -> same[one] -> say -> drop", "same[two] -> to_wan"],
        library,
    )
    assert graph.element("say").class_name == "Print"
    assert graph.element("say").arguments == ('"two words"',)


def test_parameters_reach_atoms_and_rollouts_override_them(library):
    element = (
        HEAD
        + "  parameters: {rate: 10, where: lan}\n  atoms:\n"
        + BRIDGE_ENDS.replace("interface: lan", "interface: $where")
        + (
            "    limit: {use: Meter, with: {rate: $rate}}\n"
            '  flow: ["from_lan -> limit[within] -> to_wan", "limit[above] -> drop"]\n'
        )
    )
    device = (
        "apiVersion: click-up/v1alpha1\nkind: Device\nmetadata: {name: edge}\n"
        "spec: {interfaces: {lan: eth0, wan: eth1}}\n"
    )
    rollout = (
        "apiVersion: click-up/v1alpha1\nkind: Rollout\nmetadata: {name: one}\n"
        "spec: {element: one, devices: {names: [edge]}, parameters: {rate: 99}}\n"
    )
    repository = load({"e.yaml": element, "d.yaml": device, "r.yaml": rollout})
    assert repository.diagnostics == ()
    [desired] = repository.instances()
    graph = resolve(desired, library).graph
    assert graph.element("limit").arguments == ("99",)
    assert graph.element("from_lan").arguments[0] == "eth0"


def test_probes_must_read_handlers_that_exist(example_files, library):
    rollout = example_files["rollouts/edge-firewall.yaml"]
    wrong = rollout.replace("sessions.count >= 1", "session.count >= 1 and sessions.cuont > 0")
    repository = load({**example_files, "rollouts/edge-firewall.yaml": wrong})
    [desired] = repository.instances()
    found = resolve(desired, library).diagnostics
    assert [(d.file, d.line, d.summary) for d in found] == [
        ("rollouts/edge-firewall.yaml", 14, "Unknown element"),
        ("rollouts/edge-firewall.yaml", 14, "Unknown handler"),
    ]
    assert "'sessions'" in found[0].hint and "'count'" in found[1].hint


def test_releases_of_the_demo_resolve_and_add_classes(example_files, releases, library, firewall):
    graphs = {}
    for name, text in releases.items():
        repository = load({**example_files, "elements/edge-firewall.yaml": text})
        [desired] = repository.instances()
        found = resolve(desired, library)
        assert (repository.diagnostics, found.diagnostics) == ((), ())
        assert found.states == firewall.states
        graphs[name] = found.graph
    added = graphs["edge-firewall-2.0.0"].classes - firewall.graph.classes
    assert {"Meter", "Tee", "Paint", "IPClassifier"} <= added
    broken, good = graphs["edge-firewall-2.1.0-broken"], graphs["edge-firewall-2.0.0"]
    assert broken.classes == good.classes and broken.digest() != good.digest()


def test_every_atom_of_the_library_shows_an_example_of_itself(library):
    for name, atom in library.atoms.items():
        assert f"use: {name}" in atom.example, name
