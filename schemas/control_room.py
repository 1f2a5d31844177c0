"""The control room's section of the venue file: shelving of alerts, and incidents."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.ids import ZoneId
from schemas.venue import Venue
from schemas.venue_parts import NAME, Part
from schemas.venue_section import VenueSection


class ControlRoomSettings(Part):
    """Settings of the control room's work with alerts."""

    shelve_longest_minutes: float = Field(
        default=30, gt=0, le=480, description="longest time for which an operator may shelve an alert"
    )
    incident_minutes: float = Field(
        default=10, ge=0, le=120, description="an alert joins an incident at its place that had an alert so recently"
    )
    neighbour_metres: float = Field(
        default=0, ge=0, le=1000, description="zones of the plan at most so far apart are one place for incidents"
    )
    place_names: dict[Annotated[ZoneId, NAME], list[str]] = Field(
        default_factory=dict,
        description="what people call a zone in mails, beside its title: by its id, in every language that they write",
    )


def _mistakes(venue: Venue) -> list[str]:
    zones = {zone.id for zone in venue.zones}
    named = venue.section(CONTROL_ROOM).place_names
    return [
        f"control_room: place_names: {zone!r} is not among zones: {', '.join(sorted(zones)) or 'none'}"
        for zone in named
        if zone not in zones
    ]


CONTROL_ROOM: VenueSection[ControlRoomSettings] = VenueSection(
    "control_room", ControlRoomSettings, ControlRoomSettings, "how the control room works with alerts", _mistakes
)
