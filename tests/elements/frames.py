"""How tests of this folder run the driver."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

Drive = Callable[..., subprocess.CompletedProcess[str]]
Run = Callable[[str, list[bytes]], dict[str, list[bytes]]]
