"""click-up's own driver and supervisor, on a device that is reached through some transport.

Belongs here: the names of files on a device, and the supervisor's protocol. Does not belong here:
what every driver does (client, reports), and how the device is reached (transports).
Read in this order: client, places, supervisor, starting, staging, checkpoints, share.
"""
