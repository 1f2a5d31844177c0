"""The control room's section of the venue file: shelving of alerts, and incidents."""

from __future__ import annotations

from pydantic import Field

from schemas.venue_parts import Part
from schemas.venue_section import VenueSection


class ControlRoomSettings(Part):
    """How the control room works with alerts."""

    shelve_longest_minutes: float = Field(
        default=30, gt=0, le=480, description="longest time for which an operator may shelve an alert"
    )


CONTROL_ROOM: VenueSection[ControlRoomSettings] = VenueSection(
    "control_room", ControlRoomSettings, ControlRoomSettings, "how the control room works with alerts"
)
