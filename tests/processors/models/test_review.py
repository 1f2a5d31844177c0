"""The reminder to train a model again, with the clock as an argument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from processors.models.inference import ModelCard
from processors.models.review import MAX_AGE, MIN_JUDGED, review
from processors.models.rules import MODEL_DUE, measure_review
from schemas.models import ModelFeedback
from schemas.venue import Venue
from stream.features.registry import message_catalog

TRAINED = datetime(2026, 6, 1, tzinfo=UTC)
CARD = ModelCard(
    name="mood", version="1.3", date="2026-06-01", task="", sha256="0" * 64, parameters=1, data=["clips"], split="",
    metrics={"cross-validation": {"accuracy": 0.75}}, limits=["few"], made_by="", licence="",
)  # fmt: skip


def feedback(number: int, right: bool, at: datetime, model: str = "mood") -> ModelFeedback:
    return ModelFeedback(
        id=f"f{number}-{at:%H%M%S}", model=model, subject="main", event_id=f"e{number}", said="sad",
        right="sad" if right else "relax", by="pau", time=at,
    )  # fmt: skip


def corrections(right: int, wrong: int, at: datetime) -> list[ModelFeedback]:
    return [feedback(number, number < right, at) for number in range(right + wrong)]


def test_model_is_due_when_verdicts_are_below_the_card_by_their_interval() -> None:
    now = TRAINED + timedelta(days=30)
    fallen = review(CARD, "shipped", None, corrections(25, 25, now), now)
    assert (fallen.reason, fallen.right, fallen.judged) == ("figures", 25, 50)
    assert fallen.high < 0.75
    # 34 of 50 are below 0.75, and their interval is not.
    assert review(CARD, "shipped", None, corrections(34, 16, now), now).reason == ""
    assert review(CARD, "shipped", None, corrections(0, MIN_JUDGED - 1, now), now).reason == ""


def test_model_is_due_when_its_card_is_three_months_old() -> None:
    assert review(CARD, "shipped", None, [], TRAINED + MAX_AGE - timedelta(hours=1)).reason == ""
    due = review(CARD, "shipped", None, [], TRAINED + MAX_AGE)
    assert (due.reason, due.age_days) == ("age", 92)


def test_only_the_last_verdict_on_this_version_counts() -> None:
    promoted = TRAINED + timedelta(days=10)
    earlier = corrections(0, 40, promoted - timedelta(hours=1))
    changed = [
        feedback(100, False, promoted + timedelta(minutes=1)),
        feedback(100, True, promoted + timedelta(hours=1)),
    ]
    other = [feedback(101, False, promoted + timedelta(hours=2), "genre")]
    found = review(CARD, "abc", promoted, earlier + changed + other, promoted + timedelta(days=1))
    assert (found.judged, found.right) == (1, 1)


def test_alert_is_a_note_for_operators_in_both_languages() -> None:
    assert MODEL_DUE.defaults.severity == "low"
    assert "security" not in MODEL_DUE.defaults.audience
    now = TRAINED + timedelta(days=30)
    (measurement,) = measure_review(review(CARD, "shipped", None, corrections(25, 25, now), now), Venue(name="Test"))
    assert measurement.value == MODEL_DUE.defaults.raise_at
    texts = message_catalog().render_all("model-due", measurement.message)
    assert "25 of 50" in texts["en"] and "25 de 50" in texts["es"]
    (clear,) = measure_review(review(CARD, "shipped", None, [], now), Venue(name="Test"))
    assert clear.value == MODEL_DUE.defaults.clear_at
