"""`click-up atoms`: the atoms and states of the element library."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.terminal import say
from reconciler.cli.workplace import (
    LibraryOption,
    Output,
    OutputOption,
    fail,
    open_library,
    print_json,
    print_table,
)
from reconciler.diagnostics import did_you_mean
from reconciler.library import Library
from schemas.atom import AtomInput, AtomManifest, AtomOutput, AtomParameter
from schemas.element import ElementManifest


def atoms(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Atom or state to describe")
    ] = None,
    own: LibraryOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List atoms and states, or describe one.

    Exit codes: 0 printed, 2 there is no such atom or state.
    """
    library = open_library(own)
    if name is None:
        _list(library, output)
        return
    found = library.atoms.get(name) or library.states.get(name)
    if found is None:
        hint = did_you_mean(name, [*library.atoms, *library.states])
        fail(f"the library has no atom {name!r}. {hint}", 2)
    if output is Output.JSON:
        print_json(found.model_dump(mode="json"))
    elif isinstance(found, AtomManifest):
        _describe_atom(found)
    else:
        _describe_state(found)


def _list(library: Library, output: Output) -> None:
    if output is Output.JSON:
        found = [*library.atoms.values(), *library.states.values()]
        print_json([one.model_dump(mode="json") for one in found])
        return
    rows = [(name, "atom", _ports(atom), atom.summary) for name, atom in library.atoms.items()]
    rows += [(name, "state", "", state.summary) for name, state in library.states.items()]
    print_table(("NAME", "KIND", "OUTPUTS", "SUMMARY"), rows)


def _ports(atom: AtomManifest) -> str:
    return ", ".join(
        f"(one for each of {output.each})" if output.each else name
        for name, output in atom.ports.outputs.items()
    )


def _describe_atom(atom: AtomManifest) -> None:
    say(f"{atom.atom}: {atom.summary}")
    if atom.description:
        say(f"\n{atom.description.rstrip()}")
    _section("with", [_parameter(name, one) for name, one in atom.parameters.items()])
    _section("inputs", [_input(name, one) for name, one in atom.ports.inputs.items()])
    _section("outputs", [_output(name, one) for name, one in atom.ports.outputs.items()])
    _section("becomes", [(", ".join(_class_names(atom)), "", "")])
    if atom.example:
        say(f"\nexample:\n  {atom.example.rstrip()}")


def _class_names(atom: AtomManifest) -> list[str]:
    members = (member for one in atom.expands for member in one.elements.values())
    return sorted({member.class_name for member in members})


def _parameter(name: str, parameter: AtomParameter) -> tuple[str, str, str]:
    need = "required" if parameter.required else f"default {parameter.default}"
    unit = f" {parameter.unit}" if parameter.unit else ""
    return name, f"{parameter.type.value}{unit}, {need}", parameter.summary


def _input(name: str, port: AtomInput) -> tuple[str, str, str]:
    return f"(each of {port.each})" if port.each else name, port.type, port.summary


def _output(name: str, output: AtomOutput) -> tuple[str, str, str]:
    label = f"(each of {output.each})" if output.each else name
    return label, f"{output.type}{', default' if output.default else ''}", output.summary


def _section(title: str, rows: list[tuple[str, str, str]]) -> None:
    if not rows:
        return
    say(f"\n{title}:")
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for first, second, last in rows:
        say(f"  {first.ljust(widths[0])}  {second.ljust(widths[1])}  {last}".rstrip())


def _describe_state(state: ElementManifest) -> None:
    say(f"{state.class_name}: {state.summary}")
    if state.description:
        say(f"\n{state.description.rstrip()}")
    rows = [
        (one.name.lower(), f"{one.type.value}, default {one.default}", _live(one.live, one.summary))
        for one in state.parameters
    ]
    _section("with", rows)
    tables = [(one.table, f"layout {one.current.version}", one.summary) for one in state.states]
    _section("tables", tables)
    _section("handlers", [(one.name, one.access, one.summary) for one in state.handlers])


def _live(handler: str | None, summary: str) -> str:
    return f"{summary} (changes without a takeover)" if handler else summary
