"""`click-up element`: create and test element classes of your own."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from reconciler.authoring.cases import Case, CaseBroken, read_case, run_case
from reconciler.authoring.scaffold import scaffold
from reconciler.build import Builder, find_compiler
from reconciler.cli.terminal import say
from reconciler.cli.workplace import DataOption, fail, open_library, writable_folder
from reconciler.diagnostics import did_you_mean
from reconciler.errors import Stalled, Transient
from reconciler.graph.click_language import ClickSyntaxError, parse
from reconciler.library import Library, load_library
from schemas.meta import ClassName, Model

element = typer.Typer(no_args_is_help=True, help="Create and test element classes of your own.")

OwnOption = Annotated[
    Path,
    typer.Option(
        "--library", metavar="FOLDER", help="Your own atoms and elements; created when absent"
    ),
]


class _Name(Model):
    name: ClassName


@element.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Element class, such as PortKnock")],
    stateful: Annotated[
        bool, typer.Option("--stateful", help="Add a state: a table that outlives upgrades")
    ] = False,
    own: OwnOption = Path("library"),
) -> None:
    """Create an element class: manifest, header, atom, and a golden case that passes.

    Exit codes: 0 written, 2 the name is not a valid class name, or is taken.
    """
    try:
        _Name(name=name)
    except ValueError:
        fail(f"{name!r} is not a valid class name; use one such as PortKnock", 2)
    files = scaffold(name, stateful=stateful)
    _check_unused(files, own)
    for path, text in files.items():
        place = own / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        say(f"► {place}")
    say(f"✔ now `click-up element test {name}`")


def _check_unused(files: dict[str, str], own: Path) -> None:
    ours = load_library().root
    for folder in sorted({"/".join(path.split("/")[:2]) for path in files}):
        for place in (ours / folder, own / folder):
            if place.exists():
                fail(f"{place} exists already; choose another name", 2)


@element.command()
def test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Element class")],
    own: OwnOption = Path("library"),
    data: DataOption = None,
) -> None:
    """Build a driver and run the golden cases of an element class, `cases/*/` in its folder.

    Exit codes: 0 all passed, 1 one failed or nothing could be built, 2 there is no such class or it
    has no case.
    """
    library = open_library(own)
    cases = _read_cases(library, name)
    builder = Builder(writable_folder(data) / "cache", library, find_compiler())
    failed = [case.name for case in cases if not _run_case(case, builder)]
    if failed:
        fail(f"{len(failed)} of {len(cases)} cases failed: {', '.join(failed)}")
    say(f"✔ {name}: {len(cases)} {'case' if len(cases) == 1 else 'cases'} passed")


def _read_cases(library: Library, name: str) -> list[Case]:
    if name not in library.elements:
        fail(f"no element class {name!r}. {did_you_mean(name, library.elements)}", 2)
    folder = library.root / "elements" / name / "cases"
    folders = sorted(path.parent for path in folder.glob("*/case.yaml"))
    if not folders:
        fail(f"elements/{name}/cases has no case: write cases/NAME/config.click and case.yaml", 2)
    try:
        return [read_case(path) for path in folders]
    except CaseBroken as error:
        fail(str(error))


def _run_case(case: Case, builder: Builder) -> bool:
    try:
        classes = frozenset(one.class_name for one in parse(case.config).elements)
        driver = asyncio.run(builder.build(classes)).driver
    except (Stalled, Transient, ClickSyntaxError) as error:
        fail(f"{case.name}: {error}")
    with tempfile.TemporaryDirectory() as folder:
        differences = run_case(case, driver, Path(folder))
    for line in differences:
        say(f"✗ {case.name}: {line}")
    if not differences:
        say(f"✔ {case.name}")
    return not differences
