"""Alert rule of models: one that should be trained again. For those who run Pulso, not for security."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from processors.alerts.rule import AlertRule, Measurement, Message, Parameter, Unit
from schemas.models import ModelReview
from schemas.rules import RuleSettings
from schemas.venue import Venue


def measure_review(review: ModelReview, _venue: Venue) -> Iterator[Measurement]:
    """Yield 1 for a model that is due, 0 for one that is not."""
    parameters: dict[str, Parameter] = {
        "model": review.model, "days": review.age_days, "judged": review.judged, "right": review.right,
        "card": round(100 * (review.card_accuracy or 0.0)), "high": round(100 * review.high),
    }  # fmt: skip
    yield Measurement(
        subject=review.model, value=1.0 if review.reason else 0.0, message=Message(review.reason or "clear", parameters)
    )


MODEL_DUE = AlertRule(
    name="model-due",
    result=ModelReview,
    unit=Unit.NONE,
    defaults=RuleSettings(raise_at=1, clear_at=0, cool_down_seconds=24 * 3600, severity="low", audience=["production"]),
    measure=measure_review,
)

RULES: tuple[AlertRule[Any], ...] = (MODEL_DUE,)
