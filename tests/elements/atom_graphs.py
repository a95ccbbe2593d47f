"""Network elements around one atom, as its example has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from reconciler.graph.click_language import render
from reconciler.library import Library
from reconciler.load import load
from reconciler.resolve import resolve
from schemas.atom import AtomInput, AtomManifest, AtomParameterType

# Arguments that states need.
STATES = {
    "BalanceTable": {"services": ["tcp 192.0.2.1:80"], "backends": ["203.0.113.1"]},
    "Nat": {"external": ["203.0.113.1"]},
    "TokenBuckets": {"rate": "1Mbps"},
}
DEVICE = """\
apiVersion: click-up/v1alpha1
kind: Device
metadata: {name: bench}
spec:
  driver: click-up
  transport: local
  interfaces: {lan: lan0, wan: wan0}
"""
ROLLOUT = """\
apiVersion: click-up/v1alpha1
kind: Rollout
metadata: {name: tried}
spec:
  element: tried
  devices: {names: [bench]}
"""


def resolved(library: Library, spec: Mapping[str, Any]) -> str:
    """Return the Click configuration of a network element. Fails with all of its mistakes."""
    document = {
        "apiVersion": "click-up/v1alpha1",
        "kind": "NetworkElement",
        "metadata": {"name": "tried"},
        "spec": {"version": "1.0.0", "interfaces": ["lan", "wan"], **spec},
    }
    files = {"device.yaml": DEVICE, "rollout.yaml": ROLLOUT, "element.yaml": _dumped(document)}
    repository = load(files)
    assert repository.diagnostics == ()
    (desired,) = repository.instances()
    result = resolve(desired, library)
    wrong = [str(one) for one in result.diagnostics if one.summary != "Interface not used"]
    assert not wrong, "\n".join(wrong)
    return render(result.graph)


def _dumped(document: object) -> str:
    out = StringIO()
    YAML(typ="safe").dump(document, out)
    return out.getvalue()


def around(name: str, atom: AtomManifest) -> dict[str, Any]:
    """Return a network element with the atom of the example, between a source and sinks."""
    example = YAML(typ="safe").load(atom.example)
    ((called, use),) = example.items()
    states = {
        value: {"use": parameter.state_class, "with": STATES.get(str(parameter.state_class), {})}
        for key, parameter in atom.parameters.items()
        if parameter.type is AtomParameterType.STATE and (value := use["with"].get(key))
    }
    atoms: dict[str, Any] = {called: use}
    flow: list[str] = []
    for port, one in _inputs(atom, use.get("with", {})):
        source = f"before_{port}"
        atoms[source] = {"use": "Receive", "with": {"interface": "lan"}}
        chain = source
        if one.type != "frame":
            kind = "arp" if one.type == "arp" else "ip"
            atoms[f"dissect_{port}"] = {"use": "Dissect"}
            flow.append(f"dissect_{port}[other] -> unused_{port}")
            atoms[f"unused_{port}"] = {"use": "Discard"}
            chain = f"{source} -> dissect_{port}[{kind}]"
            if kind == "arp":
                flow.append(f"dissect_{port}[ip] -> unused_{port}")
        flow.append(f"{chain} -> [{port}]{called}")
    for port in _outputs(atom, use.get("with", {})):
        atoms[f"after_{port}"] = {"use": "Discard"}
        flow.append(f"{called}[{port}] -> after_{port}")
    return {"states": states, "atoms": atoms, "flow": flow}


def _inputs(atom: AtomManifest, given: Mapping[str, Any]) -> Iterator[tuple[str, AtomInput]]:
    for name, one in atom.ports.inputs.items():
        for port in given[one.each] if one.each else [name]:
            yield port, one


def _outputs(atom: AtomManifest, given: Mapping[str, Any]) -> Iterator[str]:
    for name, output in atom.ports.outputs.items():
        if output.each:
            yield from given[output.each]
        else:
            yield name
