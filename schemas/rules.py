"""Thresholds, delays and audience of an alert rule, as the venue file sets them."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from schemas.alerts import Audience, Severity
from schemas.venue_parts import Part


class RuleSettings(Part):
    """When a value becomes an alert, and for whom."""

    raise_at: float = Field(description="raise when the value reaches this")
    clear_at: float = Field(description="clear when it falls to this or below (deadband)")
    on_delay_seconds: float = Field(default=0, ge=0, description="the value must stay up this long first")
    off_delay_seconds: float = Field(default=0, ge=0, description="and down this long before it clears")
    cool_down_seconds: float = Field(default=0, ge=0, description="no new alert of this key for so long after one")
    amount_factor: float = Field(
        default=1.5, gt=1, description="told again when what is asked for changes by this factor, or its place"
    )
    severity: Severity = "medium"
    audience: list[Audience] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_a_deadband(self) -> Self:
        if self.clear_at >= self.raise_at:
            raise ValueError(
                f"clear_at ({self.clear_at}) must be below raise_at ({self.raise_at}), or the alert flickers"
            )
        return self


def default_rules() -> dict[str, RuleSettings]:
    """Thresholds to start from; FIELD figures: Still's bands for density, EEMUA 191 for delays and cool-downs."""
    return {
        "crowd-density": RuleSettings(
            raise_at=3.5, clear_at=3.0, on_delay_seconds=10, off_delay_seconds=20, cool_down_seconds=120,
            severity="high", audience=["security"],
        ),
        "crowd-capacity": RuleSettings(
            raise_at=1.0, clear_at=0.95, on_delay_seconds=10, off_delay_seconds=20, cool_down_seconds=120,
            severity="high", audience=["security"],
        ),
        "crowd-forecast": RuleSettings(
            raise_at=0.5, clear_at=0.2, on_delay_seconds=20, off_delay_seconds=60, cool_down_seconds=300,
            severity="medium", audience=["security"],
        ),
        "venue-capacity": RuleSettings(
            raise_at=0.95, clear_at=0.9, on_delay_seconds=20, off_delay_seconds=60, cool_down_seconds=300,
            severity="high", audience=["security", "production"],
        ),
        "crowd-pressure": RuleSettings(
            raise_at=0.02, clear_at=0.015, on_delay_seconds=30, off_delay_seconds=30, cool_down_seconds=120,
            severity="critical", audience=["security"],
        ),
        "bottleneck": RuleSettings(
            raise_at=2.5, clear_at=2.0, on_delay_seconds=20, off_delay_seconds=30, cool_down_seconds=180,
            severity="high", audience=["security"],
        ),
        "counter-flow": RuleSettings(
            raise_at=0.5, clear_at=0.3, on_delay_seconds=20, off_delay_seconds=30, cool_down_seconds=300,
            severity="medium", audience=["security"],
        ),
        "stop-and-go": RuleSettings(
            raise_at=3, clear_at=1, on_delay_seconds=10, off_delay_seconds=60, cool_down_seconds=300,
            severity="high", audience=["security"],
        ),
        "stampede": RuleSettings(
            raise_at=0.4, clear_at=0.2, on_delay_seconds=2, off_delay_seconds=10, cool_down_seconds=60,
            severity="critical", audience=["security"],
        ),
        "scattering": RuleSettings(
            raise_at=0.2, clear_at=0.1, on_delay_seconds=0, off_delay_seconds=10, cool_down_seconds=60,
            severity="critical", audience=["security"],
        ),
        "camera-blind": RuleSettings(
            raise_at=1, clear_at=0, on_delay_seconds=15, off_delay_seconds=10, cool_down_seconds=300,
            severity="medium", audience=["security", "production"],
        ),
        "violence": RuleSettings(
            raise_at=0.8, clear_at=0.4, on_delay_seconds=1, off_delay_seconds=5, cool_down_seconds=60,
            severity="critical", audience=["security"],
        ),
        "stock-out": RuleSettings(
            raise_at=0.2, clear_at=0.1, on_delay_seconds=0, off_delay_seconds=60, cool_down_seconds=300,
            severity="medium", audience=["bar"],
        ),
        "stock-count": RuleSettings(raise_at=1, clear_at=0, cool_down_seconds=600, severity="low", audience=["bar"]),
        "mail-urgent": RuleSettings(raise_at=1, clear_at=0, severity="critical", audience=["security", "support"]),
        "mail-surge": RuleSettings(
            raise_at=4, clear_at=2, on_delay_seconds=0, off_delay_seconds=300, cool_down_seconds=1800,
            severity="medium", audience=["support"],
        ),
        "posts-negative": RuleSettings(
            raise_at=3, clear_at=1, on_delay_seconds=0, off_delay_seconds=300, cool_down_seconds=1800,
            severity="medium", audience=["support", "production"],
        ),
        "stage-silent": RuleSettings(
            raise_at=1, clear_at=0, on_delay_seconds=10, off_delay_seconds=5, cool_down_seconds=60,
            severity="low", audience=["production"],
        ),
    }  # fmt: skip
