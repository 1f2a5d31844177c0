"""Timer that reviews the models in use: feedback, cards and the model store → `model.reviews`.

Each alerts worker writes the reviews; those of the same minute have the same id, and a repeated one changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from processors.models.inference import ModelError
from processors.models.review import CARD_FIGURES
from schemas.models import FEEDBACK, REVIEWS, ModelFeedback
from stream.features.models import metrics
from stream.registry.model_store import ModelStore, open_model_store
from stream.registry.reviews import review_model
from stream.runtime.record import try_decode_payload
from stream.runtime.worker_context import WorkerContext

log = logging.getLogger(__name__)

REVIEW_SECONDS = 600.0
"""Interval of the reviews; a model ages by the day."""

MAX_FEEDBACK = 10_000
"""Corrections that are kept; the topic has those of 90 days."""

_DECODER = msgspec.json.Decoder(ModelFeedback)


def register(worker: WorkerContext) -> None:
    """Add the timer, and the broadcast that it reads."""
    reviewer = ModelReviewer(worker, open_model_store(worker.settings))
    worker.broadcast(FEEDBACK, reviewer.add_record, wait_until_caught_up=False)
    worker.every(REVIEW_SECONDS, reviewer.write, name="model reviews")


class ModelReviewer:
    """Reviews the models whose results people correct.

    Args:
        worker: writes the reviews.
        store: the model store.
        now: present time.
    """

    def __init__(
        self, worker: WorkerContext, store: ModelStore, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._worker = worker
        self._store = store
        self._now = now
        self._feedback: deque[ModelFeedback] = deque(maxlen=MAX_FEEDBACK)
        for model in CARD_FIGURES:
            metrics.MODEL_DUE.labels(model)

    def add_record(self, value: bytes | None) -> None:
        """Add one correction; what can't be decoded is ignored."""
        feedback = try_decode_payload(_DECODER, value, FEEDBACK.event_type)
        if feedback is not None:
            self._feedback.append(feedback)

    async def write(self) -> None:
        """Write a review of each model; one that can't be written is left out, for the next will do."""
        now = self._now()
        await asyncio.to_thread(self._store.refresh, tuple(CARD_FIGURES))
        for name in CARD_FIGURES:
            try:
                found = review_model(self._store, name, self._feedback, now)
            except ModelError as error:
                log.warning("the model %s can't be reviewed: %s", name, error)
                continue
            metrics.MODEL_DUE.labels(name).set(1 if found.reason else 0)
            await self._worker.try_produce(REVIEWS, name, found, id=found.event_id, time=now)
