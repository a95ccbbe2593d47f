"""`click-up render`: a network element as a Click configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.files import PathArgument, desired_of, read_repository
from reconciler.cli.workplace import LibraryOption, Output, OutputOption, open_library, print_json
from reconciler.graph import Graph
from reconciler.graph.click_language import render as render_graph
from reconciler.resolve import resolve

DeviceOption = Annotated[
    str | None,
    typer.Option(help="Bind interfaces as on this device, with its rollout's parameters"),
]


def render(
    element: Annotated[str, typer.Argument(help="Network element")],
    path: PathArgument = Path("."),
    device: DeviceOption = None,
    own: LibraryOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print the Click configuration that a network element becomes.

    Without a device its logical interfaces stand for themselves.
    Exit codes: 0 printed, 1 the network element has mistakes, 2 there is no such thing.
    """
    library = open_library(own)
    desired = desired_of(read_repository(path, library), element, device)
    resolved = resolve(desired, library)
    mistakes = sorted({*desired.diagnostics, *resolved.diagnostics})
    for mistake in mistakes:
        typer.echo(str(mistake), err=True)
    if mistakes:
        raise typer.Exit(1)
    if output is Output.JSON:
        print_json(_as_json(resolved.graph))
        return
    version = desired.element.spec.version
    typer.echo(f"// {element} {version}\n\n{render_graph(resolved.graph)}", nl=False)


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
