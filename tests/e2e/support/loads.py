"""How much traffic, and how long a soak: small and short; CLICKUP_THOROUGH makes lots longer."""

from __future__ import annotations

import os

from reconciler.testbed.measure import Load

SMALL = Load(downloaders=8, download_bytes=32_768, packets_per_second=4_000)
ENOUGH_REQUESTS = 2 * SMALL.downloaders + 1
"""Then every client has come to its second one, and one to its third."""
THOROUGH = bool(os.environ.get("CLICKUP_THOROUGH"))
"""Longer runs of what draws lots."""
FAST = {"settle": "100ms", "soak": "300ms", "interval": "50ms"}
