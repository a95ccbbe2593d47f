"""From the atoms of a network element to its element graph on one device. Pure.

Belongs here: the meaning of flows, arguments, packet types and states. Does not belong here: what a
device runs (plan). Read in this order: resolution, flow, wiring, packet_types, arguments, expand,
states, probes, check.
"""

from reconciler.resolve.resolution import Resolved, resolve

__all__ = ["Resolved", "resolve"]
