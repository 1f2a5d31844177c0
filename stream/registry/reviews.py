"""Review of the version of a model that is in use, from the model store and people's corrections."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from processors.models.inference import read_card
from processors.models.review import review
from schemas.models import ModelFeedback, ModelReview
from stream.registry.model_store import SHIPPED, ModelStore


def review_model(store: ModelStore, name: str, feedback: Iterable[ModelFeedback], now: datetime) -> ModelReview:
    """Return the review of the version of a model that is in use.

    Raises:
        ModelError: its card can't be read.
    """
    version = store.pointer(name).version
    card = read_card(store.folder(name))
    since = None
    if version != SHIPPED:
        steps = [step.time for step in store.history(name) if step.what != "refused"]
        since = steps[-1] if steps else None
    return review(card, version, since, feedback, now)
