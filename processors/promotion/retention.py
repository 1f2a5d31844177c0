"""Time for which campaigns and showings are kept."""

from __future__ import annotations

from datetime import timedelta

SHOWINGS_IDLE = timedelta(days=4)
"""Time after its last change for which a row of showings is kept: longer than their records are in Kafka, so that one
that comes again is known."""

CAMPAIGN_IDLE = timedelta(days=400)
"""The same of a campaign, so that next year's can be compared with it."""
