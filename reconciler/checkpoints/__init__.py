"""Checkpoint files: read, written, shown, selected, compared and exported.

Belongs here: what needs nothing but a file. Does not belong here: of which device and revision a
file is, and how it gets back to a device (store, observe). Read in this order: checkpoint, file,
columns, where, difference, export.
"""
