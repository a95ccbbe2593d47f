"""The element library: the atoms, element classes and layouts that are available.

Belongs here: manifests and their declarations. Does not belong here: how a network element uses
them (resolve). Read in this order: library, own, values, packet_patterns.
"""

from reconciler.library.library import Library, LibraryError, load_library

__all__ = ["Library", "LibraryError", "load_library"]
