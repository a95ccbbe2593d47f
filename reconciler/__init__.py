"""The control plane: from a git revision to a confirmed release on every device.

The rooms, in the order in which a commit passes them:

source       a revision's files, out of git
yaml         documents with positions, and models fitted to them
library      the atoms, element classes and layouts there are
load         files -> objects and instances, with every mistake
resolve      atoms -> element graph; on the way: graph (as data and Click language) and layouts
observe      what a device runs, and what it shall run, in the plan's terms
plan         desired + observed -> plan: changes, fates of states, steps
build        element classes -> one minimal driver
apply        walks the plan on the device; never plans
devices      where releases run, and transports how that is reached
reconcile    the loop around all this, and one pass of it over one instance
store        the ledger and the snapshots; record writes into it what passes leave behind
reporters    what people see while it works

Beside the way: checkpoints (files of state tables), authoring (for who writes elements), testbed
and demo (real traffic, and the walk-through on it), cli (the verbs).

At the top lies only what every room may use: errors, diagnostics, durable, outcome.
"""
