"""`click-up render`: a network element as a Click configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.files import (
    LimitsOption,
    PathArgument,
    find_desired,
    read_limits,
    read_repository,
)
from reconciler.cli.terminal import hand_over, say
from reconciler.cli.workplace import LibraryOption, Output, OutputOption, open_library, print_json
from reconciler.graph import Graph
from reconciler.graph.click_language import render as render_graph
from reconciler.resolve import resolve

DeviceOption = Annotated[
    str | None,
    typer.Option(
        metavar="DEVICE", help="Bind interfaces to this device, with its rollout's parameters"
    ),
]


def render(
    element: Annotated[str, typer.Argument(metavar="ELEMENT", help="Network element")],
    path: PathArgument = Path("."),
    device: DeviceOption = None,
    own: LibraryOption = None,
    limit: LimitsOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print the Click configuration of a network element.

    Without a device, the names of logical interfaces stay as they are.

    Exit codes: 0 printed, 1 the network element has mistakes, 2 there is no such network element or
    device.
    """
    library = open_library(own)
    desired = find_desired(read_repository(path, read_limits(limit)), element, device)
    resolved = resolve(desired, library)
    mistakes = sorted({*desired.diagnostics, *resolved.diagnostics})
    for mistake in mistakes:
        say(str(mistake), error=True)
    if mistakes:
        raise typer.Exit(1)
    if output is Output.JSON:
        print_json(_as_json(resolved.graph))
        return
    version = desired.element.spec.version
    hand_over(f"// {element} {version}\n\n{render_graph(resolved.graph)}")


def _as_json(graph: Graph) -> dict[str, object]:
    return {
        "digest": graph.digest(),
        "elements": [
            {"name": e.name, "class": e.class_name, "arguments": e.arguments, "atom": e.atom}
            for e in graph.elements
        ],
        "connections": [
            {"from": [c.source, c.source_port], "to": [c.target, c.target_port]}
            for c in graph.connections
        ],
    }
