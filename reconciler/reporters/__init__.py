"""Shows people the work while it is done.

Belongs here: observers of passes. Does not belong here: what is stored of them (record). Read in
this order: observers, progress.
"""
