"""Translates what runs, is saved on disk and is desired into the plan's terms.

Belongs here: reading devices and files for a plan. Does not belong here: the plan, or any effect.
Read in this order: known, targets, saved_state, shares, device.
"""
