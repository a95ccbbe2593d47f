"""The packet path's share of a device, as described by the operator, in the supervisor's terms."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.devices.reports import SchedulingStatus
from schemas.device import DeviceSpec


@dataclass(frozen=True)
class DeviceShare:
    """`ring_memory` is in bytes for each interface; empty `cores` means all."""

    priority: str
    cores: tuple[int, ...]
    ring_memory: int

    @classmethod
    def of(cls, spec: DeviceSpec) -> DeviceShare:
        """Return the share in `spec`, its memory divided equally among the interfaces."""
        memory = spec.memory // max(1, len(spec.interfaces))
        return cls(spec.priority or "best", spec.cores, max(1 << 20, memory))

    @property
    def settings(self) -> dict[str, str]:
        """Keys and values of the handler `share`."""
        return {
            "priority": self.priority,
            "cores": ",".join(map(str, self.cores)),
            "ring_memory": str(self.ring_memory),
        }

    @property
    def options(self) -> list[str]:
        """Options for the supervisor's command line."""
        pairs = ((f"--{key.replace('_', '-')}", value) for key, value in self.settings.items())
        return [word for pair in pairs for word in pair]

    @property
    def lines(self) -> str:
        """Text to write to the handler `share`."""
        return "".join(f"{key}={value}\n" for key, value in self.settings.items())

    def described_by(self, said: SchedulingStatus) -> bool:
        """Return whether a supervisor was already told this share."""
        told = (said.wanted, said.cores, said.ring_memory)
        return told == (self.priority, self.cores, self.ring_memory)

    def __str__(self) -> str:
        priority = "the best priority allowed" if self.priority == "best" else self.priority
        cores = f"cores {', '.join(map(str, self.cores))}" if self.cores else "all cores"
        return f"{priority}, {cores}, receive rings of at most {self.ring_memory / 2**20:,.0f} MiB"
