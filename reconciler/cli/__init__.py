"""The command line: one module for each group of verbs.

Belongs here: arguments in, tables or JSON out. Does not belong here: any decision.
Read in this order: main, workplace, files, then the verb you look for.
"""
