"""Settings of an alert rule in the venue file: thresholds, delays, severity, audience."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from schemas.alerts import Audience, Severity
from schemas.venue_parts import Part


class RuleSettings(Part):
    """Thresholds at which a value raises and clears an alert, delays, severity and audience."""

    raise_at: float = Field(description="raise the alert when the value reaches this")
    clear_at: float = Field(description="clear it when the value falls to this; lower than raise_at (deadband)")
    on_delay_seconds: float = Field(default=0, ge=0, description="the value must stay at raise_at or above this long")
    off_delay_seconds: float = Field(default=0, ge=0, description="the value must stay at clear_at or below this long")
    cool_down_seconds: float = Field(default=0, ge=0, description="no new alert of the same key this long after one")
    amount_factor: float = Field(
        default=1.5, gt=1, description="notify again when the requested amount changes by this factor, or its source"
    )
    severity: Severity = Field(default="medium", description="how severe its alerts are")
    audience: list[Audience] = Field(min_length=1, description="who its alerts are for")

    shelvable: bool = Field(
        default=True, description="operators may shelve its alerts; those that warn of danger to life never can be"
    )

    @model_validator(mode="after")
    def _has_a_deadband(self) -> Self:
        if self.clear_at >= self.raise_at:
            raise ValueError(
                f"clear_at ({self.clear_at}) must be below raise_at ({self.raise_at}), or the alert flickers"
            )
        return self
