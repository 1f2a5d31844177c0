"""What every view has in common."""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct


class View(Protocol):
    """Takes results as they come and tells what a page shows."""

    def take(self, record: Struct, at: int) -> set[str]:
        """Apply one result that Kafka took at `at` (Unix milliseconds); returns the channels that changed."""
        ...

    def state(self, channel: str) -> dict[str, Any]:
        """What a page on this channel shows, ready for JSON."""
        ...
