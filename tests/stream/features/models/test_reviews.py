"""The timer that reviews the models in use, with an injected clock and without Kafka."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from processors.models.inference import read_card
from processors.models.review import MAX_AGE
from schemas.models import REVIEWS, ModelFeedback
from schemas.venue import Venue
from stream.features.models import FEATURE, metrics
from stream.features.models.reviews import ModelReviewer
from stream.registry.model_store import ModelStore
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver
from tests.stream.conftest import make_candidate


def trained(store: ModelStore) -> datetime:
    return datetime.fromisoformat(read_card(store.folder("mood")).date).replace(tzinfo=UTC)


async def test_reviews_are_written_and_a_promotion_ends_the_reminder(tmp_path: Path) -> None:
    driver = TestDriver(FEATURE, Venue(name="Test"), settings=Settings(data=tmp_path), worker="alerts")
    store = ModelStore(tmp_path / "store")
    clock = [trained(store) + MAX_AGE + timedelta(days=1)]
    reviewer = ModelReviewer(driver, store, lambda: clock[0])
    await reviewer.write()
    by_model = {key: review for topic, key, review in driver.produced if topic == REVIEWS.name}
    assert by_model["mood"].reason == "age"
    assert metrics.MODEL_DUE.labels("mood")._value.get() == 1

    candidate = make_candidate(tmp_path / "new", "mood", date=f"{clock[0]:%Y-%m-%d}")
    store.promote("mood", candidate, read_card(candidate).sha256, {}, "test")
    await reviewer.write()
    assert driver.produced[-len(by_model)][2].reason == ""
    assert metrics.MODEL_DUE.labels("mood")._value.get() == 0


async def test_feedback_of_the_broadcast_is_counted(tmp_path: Path) -> None:
    driver = TestDriver(FEATURE, Venue(name="Test"), settings=Settings(data=tmp_path), worker="alerts")
    store = ModelStore(tmp_path / "store")
    now = trained(store) + timedelta(days=1)
    reviewer = ModelReviewer(driver, store, lambda: now)
    reviewer.add_record(b"not a correction")
    for number in range(40):
        one = ModelFeedback(
            id=f"f{number}", model="mood", subject="main", event_id=f"e{number}", said="sad", right="relax", by="pau",
            time=now,
        )  # fmt: skip
        reviewer.add_record(msgspec.json.encode(one))
    await reviewer.write()
    review = next(one for _, key, one in driver.produced if key == "mood")
    assert (review.reason, review.judged, review.right) == ("figures", 40, 0)
