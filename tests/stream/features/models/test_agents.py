"""The feedback agent without Kafka."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.models import FEEDBACK, ModelFeedback
from schemas.venue import Venue
from stream.features.models import FEATURE, metrics
from stream.runtime.testing import TestDriver

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)


async def test_feedback_is_counted_as_right_or_wrong() -> None:
    driver = TestDriver(FEATURE, Venue(name="Test"))
    wrong_feedback = metrics.MODEL_FEEDBACK.labels("mood", "wrong")
    before = wrong_feedback._value.get()
    feedback = ModelFeedback(
        id="f1", model="mood", subject="main", event_id="e1", said="sad", right="relax", by="ana", time=AT
    )
    await driver.send(FEEDBACK, "mood", feedback)
    assert wrong_feedback._value.get() == before + 1
