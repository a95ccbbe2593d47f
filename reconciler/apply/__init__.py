"""Carries out a plan, step by step; never plans.

Belongs here: the effects of steps. Does not belong here: which steps there are (plan), what a
failure means (reconcile). Read in this order: work, walk, state_effects, verifying,
collecting.
"""

from reconciler.apply.walk import apply

__all__ = ["apply"]
