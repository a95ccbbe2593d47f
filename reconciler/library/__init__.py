"""The element library: the atoms, element classes and layouts there are to choose from.

Belongs here: manifests and what they declare. Does not belong here: what one network element makes
of them (resolve). Read in this order: library, own, values, packet_patterns.
"""

from reconciler.library.library import Library, LibraryError, load_library

__all__ = ["Library", "LibraryError", "load_library"]
