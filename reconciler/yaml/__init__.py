"""YAML as click-up reads it: values with positions, and models fitted to them. Pure.

Belongs here: whatever applies to any document. Does not belong here: the meaning of objects (load).
Read in this order: contents, limits, documents, nodes, model_fit, drafts.
"""
