"""From desired and observed to a plan: changes, fates of states, steps. Pure.

Belongs here: every decision about a device. Does not belong here: its effects (apply). Read in this
order: terms, planner, steps, state_fates, table_fates, import_plan.
"""

from reconciler.plan.planner import make_plan

__all__ = ["make_plan"]
