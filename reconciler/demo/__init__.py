"""The walk-through: a firewall under traffic, upgraded three ways on one machine.

Belongs here: its story and its report. Does not belong here: namespaces, traffic and measurement
(testbed). Read in this order: tour, walkthrough, upgrades, strategies, telling, report, table.
"""
