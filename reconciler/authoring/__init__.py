"""For authors of elements: a scaffold to begin with, packets as expressions, golden cases.

Knows the element library as folders and the driver as a program; nothing of devices or state.
"""
