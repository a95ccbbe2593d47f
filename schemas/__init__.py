"""Models of all that people write and all that is stored; their only behaviour is validation."""

from schemas.atom import AtomManifest, PacketTypes
from schemas.device import Device
from schemas.element import ElementManifest, SupportManifest
from schemas.network_element import Keep, NetworkElement
from schemas.plan import Change, Plan
from schemas.rollout import Rollout
from schemas.status import Condition, InstanceStatus
from schemas.steps import Step, StepKind

__all__ = [
    "AtomManifest",
    "Change",
    "Condition",
    "Device",
    "ElementManifest",
    "InstanceStatus",
    "Keep",
    "NetworkElement",
    "PacketTypes",
    "Plan",
    "Rollout",
    "Step",
    "StepKind",
    "SupportManifest",
]
