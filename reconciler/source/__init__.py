"""Desired state out of git: clone, fetch, resolve a reference, read YAML at a revision, notice new
commits.

Belongs here: git and file-system events. Does not belong here: what the YAML means (load).
Read in this order: git, reference, semver, clone, command, tree, rewind, address, watch.
"""

from reconciler.source.git import GitSource, Revision
from reconciler.source.reference import Reference, parse_reference
from reconciler.source.watch import Watch

__all__ = ["GitSource", "Reference", "Revision", "Watch", "parse_reference"]
