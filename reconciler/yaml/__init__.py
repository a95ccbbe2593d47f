"""YAML as click-up reads it: values with positions, and models fitted to them. Pure.

Belongs here: what is true of any document. Does not belong here: what objects mean (load).
Read in this order: documents, model_fit, drafts.
"""
