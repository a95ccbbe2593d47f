"""The ledger: what was desired, attempted, applied, rejected and seen.

Belongs here: facts with their time. Does not belong here: decisions on them (plan, reconcile).
"""

from reconciler.store.ledger import Ledger
from reconciler.store.records import Attempt, Event, InstanceRecord, Rejection, Suspension

__all__ = ["Attempt", "Event", "InstanceRecord", "Ledger", "Rejection", "Suspension"]
