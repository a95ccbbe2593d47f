"""The real library and the example repository, read once."""

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from reconciler.load import load
from tests.libraries import todays_library

ROOT = Path(__file__).parents[2]

# Nothing beside the sources; shrunk examples are in the failure's message.
set_hypothesis_home_dir(ROOT / "build" / "hypothesis")
settings.register_profile("click-up", database=None, deadline=None)
settings.load_profile("click-up")


def read_tree(root):
    return {p.relative_to(root).as_posix(): p.read_text() for p in sorted(root.rglob("*.y*ml"))}


@pytest.fixture(scope="session")
def library():
    return todays_library()


@pytest.fixture(scope="session")
def example_files():
    return read_tree(ROOT / "desired_state")


@pytest.fixture(scope="session")
def example(example_files):
    return load(example_files)


@pytest.fixture(scope="session")
def releases():
    folder = ROOT / "reconciler" / "demo" / "releases"
    return {path.stem: path.read_text() for path in folder.glob("*.yaml")}
