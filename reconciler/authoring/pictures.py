"""Draws the ports of atoms and elements as text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.atom import AtomManifest
from schemas.element import ElementManifest

ARROWS = {"h": "─▶", "l": "─▷", "a": "┄▶"}
DOTTED = "┄▶"


@dataclass(frozen=True)
class Port:
    """One line at a side of the box."""

    label: str
    arrow: str


def atom_picture(atom: AtomManifest) -> list[str]:
    """Draw inputs on the left and outputs on the right, each with its type."""
    inputs = [
        Port(f"{_each(name, one.each)}: {one.type}", "─▶")
        for name, one in atom.ports.inputs.items()
    ]
    outputs = [
        Port(
            f"{_each(name, one.each)}: {one.type}",
            DOTTED if one.optional or one.fallback else "─▶",
        )
        for name, one in atom.ports.outputs.items()
    ]
    return _box(atom.atom, inputs, outputs)


def element_picture(element: ElementManifest) -> list[str]:
    """Draw ports by number, in brackets when they need not be connected."""
    ins, _, outs = element.processing.partition("/")
    inputs = _numbered(element.ports.inputs, ins)
    same = element.ports.outputs.startswith("=")
    outputs = _numbered(element.ports.inputs if same else element.ports.outputs, outs or ins)
    return _box(element.class_name, inputs, outputs)


def _each(name: str, parameter: str | None) -> str:
    return f"each of {parameter}" if parameter else name


def _numbered(count: str, codes: str) -> list[Port]:
    """Return the ports of a count in Click's notation: `1`, `1-2`, `1-`, `-`."""
    low, dash, high = count.partition("-")
    least = int(low or 0)
    ports = [Port(str(number), _arrow(codes, number)) for number in range(least)]
    if dash and high:
        ports += [Port(f"[{number}]", _arrow(codes, number)) for number in range(least, int(high))]
    elif dash:
        ports.append(Port(f"[{least} ...]", _arrow(codes, least)))
    return ports


def _arrow(codes: str, number: int) -> str:
    """Return the arrow of a port; the last code applies to all later ports."""
    return ARROWS[codes[min(number, len(codes) - 1)]]


def _box(title: str, inputs: Sequence[Port], outputs: Sequence[Port]) -> list[str]:
    width, margin = len(title) + 4, max((len(port.label) for port in inputs), default=0)
    height = max(len(inputs), len(outputs), 1)
    indent = " " * (margin + 4 if inputs else 0)
    lines = [f"{indent}┌{'─' * width}┐"]
    for row in range(height):
        left = _left(inputs, row, margin)
        right = f" {outputs[row].arrow} {outputs[row].label}" if row < len(outputs) else ""
        middle = title if row == (height - 1) // 2 else ""
        lines.append(f"{left}│{middle.center(width)}│{right}")
    return [*lines, f"{indent}└{'─' * width}┘"]


def _left(inputs: Sequence[Port], row: int, margin: int) -> str:
    if not inputs:
        return ""
    if row >= len(inputs):
        return " " * (margin + 4)
    return f"{inputs[row].label.rjust(margin)} {inputs[row].arrow} "
