"""Two hosts and a device in network namespaces, with real, measured traffic.

Belongs here: what the walk-through, tests and benchmarks share. Does not belong here: the story of
the walk-through (demo). Read in this order: sandbox, network, programs, measure, site, merges.
"""
