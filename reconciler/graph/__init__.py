"""Element graphs: what a driver runs, as data, as Click language, and compared. Pure.

Belongs here: elements and connections. Does not belong here: atoms (resolve), devices.
Read in this order: element_graph, click_lexer, click_variables, click_language, settings, diff.
"""

from reconciler.graph.element_graph import Connection, Element, Graph

__all__ = ["Connection", "Element", "Graph"]
