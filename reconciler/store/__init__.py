"""The ledger: what was desired, attempted, applied, rejected and seen; and snapshots of states.

Belongs here: facts with their time. Does not belong here: decisions based on them (plan,
reconcile).
"""

from reconciler.store.ledger import Ledger
from reconciler.store.records import Attempt, Event, InstanceRecord, Rejection, Suspension
from reconciler.store.snapshots import NoSuchSnapshot, Snapshots

__all__ = [
    "Attempt",
    "Event",
    "InstanceRecord",
    "Ledger",
    "NoSuchSnapshot",
    "Rejection",
    "Snapshots",
    "Suspension",
]
