"""`click-up`: reads the command line; imports only the module of the verb that is given."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, NoReturn

import typer

from reconciler.cli.terminal import say
from reconciler.errors import Stalled, Transient
from reconciler.source.command import forget_callers_repository

CANNOT_TELL = {"plan": 2}
"""Exit codes of errors for the verbs whose exit code 1 means something else."""

VERBS = {
    "init": "reconciler.cli.init:init",
    "validate": "reconciler.cli.validate:validate",
    "render": "reconciler.cli.render:render",
    "plan": "reconciler.cli.plan:plan",
    "build": "reconciler.cli.run:build",
    "run": "reconciler.cli.run:run",
    "reconcile": "reconciler.cli.steer:reconcile",
    "get": "reconciler.cli.get:get",
    "events": "reconciler.cli.inspect:events",
    "history": "reconciler.cli.inspect:history",
    "tree": "reconciler.cli.inspect:tree",
    "atoms": "reconciler.cli.atoms:atoms",
    "element": "reconciler.cli.element:element",
    "state": "reconciler.cli.state:state",
    "suspend": "reconciler.cli.steer:suspend",
    "resume": "reconciler.cli.steer:resume",
    "handler": "reconciler.cli.steer:handler",
    "demo": "reconciler.cli.demo:demo",
}
"""Verb -> module and name of its function or of its group of verbs."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    forget_callers_repository()
    given = list(sys.argv[1:] if arguments is None else arguments)
    verb = next((word for word in given if not word.startswith("-")), "")
    try:
        application([verb] if verb in VERBS else list(VERBS))(args=given, prog_name="click-up")
    except (Stalled, Transient) as error:
        _exit_with(verb, str(error))
    except OSError as error:
        _exit_with(verb, f"{error.filename}: {error.strerror}" if error.filename else str(error))


def _exit_with(verb: str, message: str) -> NoReturn:
    say(f"✗ {message}", error=True)
    sys.exit(CANNOT_TELL.get(verb, 1))


def application(verbs: Sequence[str]) -> Any:
    """Return the command line with these verbs, in this order."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="GitOps for stateful packet-processing network elements.",
    )
    app.callback()(_common)
    for verb in verbs:
        module, _, name = VERBS[verb].partition(":")
        found = getattr(import_module(module), name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=verb)
        else:
            app.command(verb)(found)
    command = typer.main.get_command(app)
    _hide_types_of_flags(command)
    return command


def _hide_types_of_flags(command: Any) -> None:
    """Let help show `--once`, not `--once <bool>`."""
    for option in command.get_params(typer.Context(command)):
        if getattr(option, "is_flag", False):
            option.metavar = ""
    for subcommand in getattr(command, "commands", {}).values():
        _hide_types_of_flags(subcommand)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"click-up {version('click-up')}")
        raise typer.Exit


def _common(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit"
        ),
    ] = False,
) -> None:
    """GitOps for stateful packet-processing network elements."""


if __name__ == "__main__":
    main()
