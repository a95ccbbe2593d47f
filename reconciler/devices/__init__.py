"""Where releases run: what a device can be asked for, and what drives it.

Belongs here: effects on one device and the reading of its state. Does not belong here: what should
run (plan), what was decided (store) and how to build it (build). Read in this order: client,
reports, open, control_socket; then the folder of a driver.
"""
