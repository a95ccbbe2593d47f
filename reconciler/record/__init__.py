"""Records of passes: the journal of an instance, and its conditions.

Belongs here: how outcomes are told to people and programs. Does not belong here: tables (store).
Read in this order: conditions, settle, journal.
"""
