"""From the files of a revision to objects, instances and mistakes. Pure.

Belongs here: references between objects. Does not belong here: where files come from (source), what
a flow means (resolve). Read in this order: files, repository, rollout_checks, instances,
desired_state.
"""

from reconciler.load.files import load, may_hold_objects

__all__ = ["load", "may_hold_objects"]
