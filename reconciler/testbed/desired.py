"""The operator's side: a git repository with one firewall, and commits that upgrade it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import git
from ruamel.yaml import YAML

from reconciler.testbed.network import Namespace

OPERATOR = git.Actor("Operator", "operator@example.net")
ELEMENT = "edge-firewall"
# Interfaces of the firewall's namespace, in the order in which the network joins them.
INTERFACES = {"lan": "eth0", "wan": "eth1"}
Files = dict[str, str]


def edit_object(text: str, edit: Callable[[Any], None]) -> str:
    """Return one YAML object after `edit`, with its comments."""
    yaml = YAML()
    yaml.width = 4096
    document = yaml.load(text)
    edit(document)
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def parse_object(text: str) -> Any:
    """Return the object as plain data."""
    return YAML(typ="safe").load(text)


def path_of(files: Mapping[str, str], kind: str, element: str | None = None) -> str:
    """Return the path of the file of a kind (for this network element). Raises KeyError."""
    for path, text in sorted(files.items()):
        found = parse_object(text)
        names = (found["metadata"]["name"], found["spec"].get("element"))
        if found["kind"] == kind and (element is None or element in names):
            return path
    raise KeyError(f"no {kind} {element or ''} in {', '.join(sorted(files))}")


def read_files(root: Path) -> Files:
    """Read every YAML file below `root`."""
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*.yaml"))}


def one_firewall(
    files: Files, namespace: Namespace, directory: Path, verify: Mapping[str, Any]
) -> Files:
    """Return the example repository reduced to one firewall, on a device in `namespace`.

    `verify` overrides entries of the rollout's verify section.
    """
    element = path_of(files, "NetworkElement", ELEMENT)
    device = path_of(files, "Device")
    rollout = path_of(files, "Rollout", ELEMENT)

    def bind(document: Any) -> None:
        spec = document["spec"]
        spec["netns"] = namespace.path
        spec["directory"] = str(directory)
        spec["interfaces"] = dict(INTERFACES)

    def select(document: Any) -> None:
        spec = document["spec"]
        spec["devices"] = {"names": [parse_object(files[device])["metadata"]["name"]]}
        spec.setdefault("verify", {}).update(verify)

    return {
        element: files[element],
        device: edit_object(files[device], bind),
        rollout: edit_object(files[rollout], select),
    }


def with_rule(text: str, rule: str, version: str) -> str:
    """Return the firewall with one more rule on its whitelist, as another version."""

    def edit(document: Any) -> None:
        document["spec"]["version"] = version
        document["spec"]["parameters"]["allowed"].append(rule)

    return edit_object(text, edit)


class Commits:
    """A repository that grows only by commits on main."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        """Create the repository in `folder`, with `files` as its first commit."""
        self.folder = folder
        self.repository = git.Repo.init(folder, initial_branch="main")
        self.files: Files = {}
        self.commit("first", files)

    def commit(self, message: str, files: Mapping[str, str]) -> str:
        """Write `files`, commit, and return the commit's hash."""
        for path, text in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        self.files.update(files)
        self.repository.index.add([str(self.folder / path) for path in files])
        made = self.repository.index.commit(message, author=OPERATOR, committer=OPERATOR)
        return made.hexsha
