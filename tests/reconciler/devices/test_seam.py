"""Nothing outside devices/ names a file of a device; a client touches none but through a transport.

What import contracts cannot say; see pyproject.toml for what they say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
RECONCILER = ROOT / "reconciler"
DRIVERS = [RECONCILER / "devices" / "click_up"]
FILE_NAME = re.compile(r"[\w-]+\.[a-z]{2,8}")
# Files of other things with the same names.
OTHER_FILES = {
    "apply/collecting.py": {"config.click"},  # of a snapshot
    "store/snapshots.py": {"release.json"},  # of a snapshot
    "authoring/cases.py": {"config.click"},  # of an element's case
    "cli/element.py": {"config.click"},
}
NEEDS_NO_TRANSPORT = {"open", "Path", "input"}


def constants(file: Path) -> Iterator[str]:
    """Return all string constants of a module, except docstrings."""
    tree = ast.parse(file.read_text())
    remarks = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        said = isinstance(node, ast.Constant) and id(node) not in remarks
        if said and isinstance(node.value, str):
            yield node.value


def names_on_devices() -> set[str]:
    files = [file for driver in DRIVERS for file in driver.glob("*.py")]
    return {text for file in files for text in constants(file) if FILE_NAME.fullmatch(text)}


def test_files_of_devices_are_known() -> None:
    assert {"supervisor.sock", "control.sock", "release.json", "config.click"} < names_on_devices()


def test_nothing_else_names_a_file_of_a_device() -> None:
    names = names_on_devices()
    found = {}
    for file in RECONCILER.rglob("*.py"):
        path = file.relative_to(RECONCILER)
        if path.parts[0] not in ("devices", "transports"):
            named = {name for name in names for text in constants(file) if name in text}
            if named := named - OTHER_FILES.get(str(path), set()):
                found[str(path)] = named
    assert found == {}


def test_each_driver_names_its_files_in_one_place() -> None:
    for driver in DRIVERS:
        for file in driver.glob("*.py"):
            named = {text for text in constants(file) if FILE_NAME.fullmatch(text)}
            assert not named or file.name == "places.py", (file, named)


def test_drivers_touch_nothing_but_through_a_transport() -> None:
    for driver in DRIVERS:
        for file in driver.glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    assert node.func.id not in NEEDS_NO_TRANSPORT, f"{file}:{node.lineno}"
