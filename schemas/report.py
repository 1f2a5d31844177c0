"""Section `report` of the venue file: what sums of money in reports rest on."""

from __future__ import annotations

from pydantic import Field

from schemas.venue_parts import Part
from schemas.venue_section import VenueSection


class ReportSettings(Part):
    """Assumptions of the report of a day; they are printed with every sum that rests on them."""

    minutes_per_reply: float = Field(
        default=4, gt=0, le=120, description="minutes that a suggested reply saves a person, an estimate of your own"
    )
    hourly_wage: float = Field(
        default=0, ge=0, le=1000, description="cost of an hour of support staff; 0 gives minutes, and no money"
    )
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$", description="ISO 4217 code of prices and wages")


REPORT: VenueSection[ReportSettings] = VenueSection(
    "report", ReportSettings, ReportSettings, "assumptions that sums of money in reports rest on"
)
