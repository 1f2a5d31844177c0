"""Context of a zone: occupancy, weather, act or break, doors; its topic."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from schemas.fields import NAMED, Identifier, Instant, NonNegative
from schemas.ids import ZoneId
from schemas.topic import Topic


class VenueContext(Struct, frozen=True, kw_only=True):
    """Context of a zone at a time; a field left out is unchanged."""

    zone: Annotated[ZoneId, NAMED]
    time: Instant
    source: Identifier
    occupancy: NonNegative | None = None
    temperature_celsius: float | None = None
    rain_millimetres_per_hour: NonNegative | None = None
    act: str | None = None
    on_stage: bool | None = None
    doors_open: bool | None = None


CONTEXT = Topic(
    "venue.context",
    "zone/source",
    VenueContext,
    "pulso.venue.context.v1",
    "Context of a zone: occupancy, weather, act or break, doors.",
    partitions=1,  # every bars worker reads all of it
    compacted=True,
    from_source=True,
)
