"""The loop: wake-ups, a queue of keys, one pass over one instance, retries.

Belongs here: what happens when. Does not belong here: decisions (plan) and effects (apply). Read in
this order: loop, reading, queue, one_pass, planning, attempt, checkpoint_upkeep, share_upkeep,
importing.
"""

from reconciler.reconcile.dependencies import Dependencies
from reconciler.reconcile.planning import Goal, Planner

__all__ = ["Dependencies", "Goal", "Planner"]
