"""The bars as the worker last stored them, read from the changelog of its table."""

from __future__ import annotations

from processors.bars.bar import BarState
from schemas.venue import Venue
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_tail

CHANGELOG = "pulso-bars-bars-bars-changelog"
"""Faust's name for app, worker and table"""

BACK = 500
"""Rows of a partition that are looked at. A bar that was silent while its neighbours wrote so many is not found."""


def last_bars(settings: Settings, venue: Venue) -> dict[str, BarState]:
    """Every bar, in the order of their names.

    Raises:
        LookupError: no bars worker has run yet.
        TimeoutError: the broker does not answer.
    """
    rows: dict[str, bytes] = {}
    for message in read_tail(settings, CHANGELOG, BACK):
        key, row = message.key(), message.value()
        if key and row:
            rows[key.decode() if isinstance(key, bytes) else key] = row
    plans = {bar.id: bar for bar in venue.bars}
    return {name: BarState(name, plans.get(name), venue.timezone, rows[name]) for name in sorted(rows)}
