"""Context of every zone: each bars worker subscribes to the whole of `venue.context`."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from processors.event_time import at_receipt
from schemas.context import CONTEXT, VenueContext
from schemas.ids import ZoneId
from stream.runtime.record import try_decode_payload

_IDENTITY_FIELDS = ("zone", "time", "source")

FORGET_AFTER = timedelta(days=7)
"""Age, by the time of the newest context of its zone, from which the context of a source is no longer known."""

_PLAUSIBLE = {
    "occupancy": (0.0, 1e6),
    "temperature_celsius": (-90.0, 60.0),  # the coldest and hottest air ever measured on the ground, rounded outwards
    "rain_millimetres_per_hour": (0.0, 2_000.0),
}
"""Bounds of plausible values. One beyond them (a broken sensor) would distort every forecast that learns from it."""


def implausible_value(context: VenueContext) -> str | None:
    """Return a message on the first value of a context that can't have been measured, or None.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 7, 4, 20, tzinfo=UTC)
    >>> implausible_value(VenueContext(zone="front", time=at, source="mast", temperature_celsius=1e9))
    'temperature_celsius of 1e+09; -90 to 60 is possible'
    """
    for name, (low, high) in _PLAUSIBLE.items():
        value = getattr(context, name)
        if value is not None and not low <= value <= high:
            return f"{name} of {value:g}; {low:g} to {high:g} is possible"
    return None


class ContextCache:
    """Latest context of each zone and source; the sources of a zone are merged, and the latest value is used."""

    def __init__(self) -> None:
        self._latest: dict[ZoneId, dict[str, VenueContext]] = {}
        self._decoder = msgspec.json.Decoder(VenueContext)

    def features(self, zone: ZoneId | None) -> dict[str, float]:
        """Return features of a zone for a regression, each of the order of 1; unknown values are left out."""
        if zone is None:
            return {}
        values: dict[str, Any] = {}
        for context in sorted(self._latest.get(zone, {}).values(), key=lambda context: context.time):
            given = {
                name: getattr(context, name) for name in VenueContext.__struct_fields__ if name not in _IDENTITY_FIELDS
            }
            values |= {name: value for name, value in given.items() if value is not None}
        features: dict[str, float] = {}
        if "occupancy" in values:
            features["occupancy"] = math.log1p(values["occupancy"]) / 5
        if "temperature_celsius" in values:
            features["temperature"] = (values["temperature_celsius"] - 20) / 10
        if "rain_millimetres_per_hour" in values:
            features["rain"] = math.log1p(values["rain_millimetres_per_hour"])
        for name in ("on_stage", "doors_open"):
            if name in values:
                features[name] = float(values[name])
        return features

    def add_record(self, value: bytes | None, received: datetime | None = None) -> None:
        """Add one record; ignores what can't be decoded or is implausible.

        Args:
            received: time of receipt; a later time of the record would hide what other sources send of its zone.
        """
        context = try_decode_payload(self._decoder, value, CONTEXT.event_type)
        if context is None or implausible_value(context) is not None:
            return
        context = replace(context, time=at_receipt(context.time, received or context.time))
        sources = self._latest.setdefault(context.zone, {})
        for source in [source for source, one in sources.items() if context.time - one.time > FORGET_AFTER]:
            del sources[source]
        sources[context.source] = context
