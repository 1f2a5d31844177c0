"""Time for which tastes are kept."""

from __future__ import annotations

from datetime import timedelta

TASTE_IDLE, FORGOTTEN_IDLE = timedelta(days=30), timedelta(days=2)
"""Time after the last change for which a taste is kept, and for which an empty one is: longer than its records are in
Kafka, so that none of them is applied again."""
