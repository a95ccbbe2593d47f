"""How a device is reached: its files, its programs, its sockets.

Belongs here: what is the same for every driver, done over one way to a device. Does not belong
here: which files and programs there are (devices). Read in this order: transport, local.
"""
