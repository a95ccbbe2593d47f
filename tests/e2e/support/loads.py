"""Light traffic and short soaks for tests; CLICKUP_THOROUGH makes random tests longer."""

from __future__ import annotations

import os

from reconciler.testbed.measure import Load

SMALL = Load(downloaders=8, download_bytes=32_768, packets_per_second=4_000)
ENOUGH_REQUESTS = 2 * SMALL.downloaders + 1
"""Requests after which every client has made its second one, and some client its third."""
THOROUGH = bool(os.environ.get("CLICKUP_THOROUGH"))
"""Whether random tests run longer."""
FAST = {"settle": "100ms", "soak": "300ms", "interval": "50ms"}
