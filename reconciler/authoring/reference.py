"""`python -m reconciler.authoring.reference`: writes the reference of atoms and element classes.

Generates docs/reference/atoms.md and elements.md from the manifests; a test fails when they are not
current.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from reconciler.authoring.pictures import atom_picture, element_picture
from reconciler.library import Library, load_library
from reconciler.library.values import click_text
from schemas.atom import AtomManifest, AtomParameter
from schemas.element import ElementManifest, ElementParameter
from schemas.layout import StateTable

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
ATOMS = """\
# Atoms

What pipelines are made of. `click-up atoms` lists them, `click-up atoms NAME` explains one. Written
from the manifests in `element_library/atoms/` by `make reference`; [elements.md](elements.md) has
the element classes that they become.

A port carries packets of a type: `frame`, `arp` (a frame), `ip`, `framed_ip` (an IP packet whose
Ethernet header lies before the data), `any`. An output that says `same` carries what came in. In
the pictures a dotted arrow is an output that need not be connected.
"""
ELEMENTS = """\
# Element classes

Click modules, by the names that `click-up render` prints. Written from the manifests in
`element_library/elements/` by `make reference`. Those that Click
has too take its arguments, ports and handlers; arguments of its code that one does not take are
listed as left out, and the driver's message about them says why.

In the pictures `─▶` is push, `─▷` pull, `┄▶` either of them; ports in brackets need not be
connected.
"""


def atoms_page(library: Library) -> str:
    """Return the text of docs/reference/atoms.md."""
    index = [(f"[{name}](#{name.lower()})", atom.summary) for name, atom in library.atoms.items()]
    sections = [_atom(atom) for atom in library.atoms.values()]
    return "\n".join([ATOMS, *_table(("atom", "what it does"), index), *sections])


def elements_page(library: Library) -> str:
    """Return the text of docs/reference/elements.md."""
    index = [
        (f"[{name}](#{name.lower()})", "yes" if one.click else "", one.summary)
        for name, one in library.elements.items()
    ]
    sections = [_element(one) for one in library.elements.values()]
    return "\n".join([ELEMENTS, *_table(("class", "Click", "what it does"), index), *sections])


def _atom(atom: AtomManifest) -> str:
    lines = [f"\n## {atom.atom}\n", atom.summary, *_paragraph(atom.description)]
    lines += ["", "```text", *atom_picture(atom), "```"]
    rows = [(name, port.summary) for name, port in atom.ports.inputs.items()]
    rows += [(name, port.summary) for name, port in atom.ports.outputs.items()]
    lines += _section(("port", ""), rows)
    needs = [(name, _need(one), one.summary) for name, one in atom.parameters.items()]
    lines += _section(("parameter", "", ""), needs)
    lines += ["", f"Becomes {', '.join(_link(name) for name in _classes(atom))}."]
    if atom.example:
        lines += ["", "```yaml", atom.example.rstrip(), "```"]
    return "\n".join(lines)


def _element(element: ElementManifest) -> str:
    lines = [f"\n## {element.class_name}\n", f"`{_signature(element)}`", "", element.summary]
    lines += _paragraph(element.description)
    lines += ["", "```text", *element_picture(element), "```"]
    rows = [(one.name, _value(one), one.summary) for one in element.parameters]
    lines += _section(("argument", "", ""), rows)
    lines += _section(("left out", ""), [(one.name, one.summary) for one in element.left_out])
    handlers = [
        (f"{one.name} {one.parameter and '...'}".rstrip(), one.access, one.summary)
        for one in element.handlers
    ]
    lines += _section(("handler", "", ""), handlers)
    for table in element.states:
        lines += _state(table)
    return "\n".join(lines)


def _state(table: StateTable) -> list[str]:
    fields = [
        (field.name, f"{field.type}{', key' if field.key else ''}", field.summary)
        for field in table.current.fields
    ]
    head = f"Table `{table.table}`, layout {table.current.version}."
    return [
        "",
        " ".join([head, *filter(None, [table.summary])]),
        "",
        *_table(("field", "", ""), fields),
    ]


def _signature(element: ElementManifest) -> str:
    """Return `Queue([CAPACITY])`: positional arguments, then keywords."""
    words = [_argument(one) for one in element.parameters if one.positional and not one.repeated]
    words += [f"{one.name}, ..." for one in element.parameters if one.positional and one.repeated]
    words += [_argument(one) for one in element.parameters if not one.positional]
    return f"{element.class_name}({', '.join(words)})" if words else element.class_name


def _argument(parameter: ElementParameter) -> str:
    word = parameter.name if parameter.positional else f"{parameter.name} {parameter.type.value}"
    return word if parameter.required else f"[{word}]"


def _need(parameter: AtomParameter) -> str:
    kind = parameter.state_class or parameter.type.value
    return f"{kind}{_unit(parameter.unit)}, {_otherwise(parameter)}"


def _value(parameter: ElementParameter) -> str:
    live = f", live: `{parameter.live}`" if parameter.live else ""
    return f"{parameter.type.value}{_unit(parameter.unit)}, {_otherwise(parameter)}{live}"


def _unit(unit: str) -> str:
    return f", {unit}" if unit else ""


def _otherwise(parameter: AtomParameter | ElementParameter) -> str:
    if parameter.required:
        return "required"
    if parameter.default is None or parameter.default == "":
        return "optional"
    return f"default {click_text(parameter.default)}"


def _classes(atom: AtomManifest) -> list[str]:
    members = (member for one in atom.expands for member in one.elements.values())
    return sorted({member.class_name for member in members})


def _link(name: str) -> str:
    return f"[{name}](elements.md#{name.lower()})"


def _paragraph(text: str) -> list[str]:
    return ["", text.rstrip()] if text else []


def _section(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return ["", *_table(header, rows)] if rows else []


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return [
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    ]


def main() -> None:
    """Write both pages."""
    library = load_library()
    (FOLDER / "atoms.md").write_text(atoms_page(library).rstrip() + "\n")
    (FOLDER / "elements.md").write_text(elements_page(library).rstrip() + "\n")


if __name__ == "__main__":
    main()
