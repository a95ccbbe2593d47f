"""Where releases run: local devices and the protocol that drives them.

Belongs here: effects on one device and the reading of its state. Does not belong here: what should
run (plan), what was decided (store) and how to build it (build).
"""
