"""How a device is reached: its files, its programs, its sockets.

Belongs here: operations on a device that do not depend on its driver, one module for each way to
reach it. Does not belong here: which files and programs there are (devices). Read in this order:
transport, local.
"""
