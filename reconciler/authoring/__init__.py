"""For authors of elements: a scaffold to begin with, packets as expressions, golden cases.

Belongs here: the element library as folders, the driver as a program. Does not belong here: devices
and state. Read in this order: scaffold, packets, cases, pictures, reference.
"""
