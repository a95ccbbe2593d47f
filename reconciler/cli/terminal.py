"""The one way from here to a terminal: what comes from outside commands nothing there."""

from __future__ import annotations

import sys

import typer

from reconciler.diagnostics import printable


def say(text: str = "", *, error: bool = False) -> None:
    """Print lines on standard output, or on standard error, with control characters escaped."""
    typer.echo(printable(text), err=error)


def hand_over(text: str) -> None:
    """Print a text as it is where a program or a file takes it; a terminal gets it escaped."""
    typer.echo(printable(text) if sys.stdout.isatty() else text, nl=False, color=True)
