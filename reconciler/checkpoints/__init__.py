"""Checkpoint files: read, written, shown, selected, compared and exported.

Belongs here: what needs nothing but a file. Does not belong here: the device and revision of a
file, and its way back to a device (store, observe). Read in this order: checkpoint, file, columns,
where, difference, export.
"""
