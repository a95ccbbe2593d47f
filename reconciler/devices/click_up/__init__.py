"""click-up's own driver and supervisor, on a device whose files and sockets lie on this machine.

Belongs here: the one place that names files on a device, and the supervisor's words. Does not
belong here: what any driver does (client, reports). Read in this order: client, supervisor,
starting, staging, checkpoints, share.
"""
