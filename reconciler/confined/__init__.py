"""Runs pure functions in processes of their own, each within a limit of memory and of time.

Belongs here: processes and limits. Does not belong here: what is run (reconcile), and what a
limit that was hit means (reconcile). Read in this order: task, process, server.
"""

from reconciler.confined.process import Confined
from reconciler.confined.task import Ended, Killed, OutOfMemory, OutOfTime, Task

__all__ = ["Confined", "Ended", "Killed", "OutOfMemory", "OutOfTime", "Task"]
