"""People's corrections of models, and the models that a page shows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict

from msgspec import Struct

from processors.models.inference import ModelError, read_card
from processors.models.review import CARD_FIGURES
from schemas.models import ModelFeedback, ModelReview
from stream.registry.model_store import ModelStore
from stream.registry.reviews import review_model
from stream.stores.accounts import Role

CHANNEL = "models"
ROLES: tuple[Role, ...] = ("production",)

REPLAY_RECORDS = 10_000
"""Corrections that are read at the start, and kept."""

SHOWN_CORRECTIONS = 20


class ShownCorrection(TypedDict):
    """A correction or confirmation."""

    time: str
    model: str
    subject: str
    said: str
    right: str
    by: str


class ModelsPageState(TypedDict):
    """State of the channel `models`: the last corrections, the newest first."""

    corrections: list[ShownCorrection]


class ShownModel(Struct, frozen=True, kw_only=True):
    """A model as the page gets it.

    Attributes:
        last_change: what was done last, to which version and by whom; empty for a model that never changed.
        review: None for a model whose results nobody corrects.
    """

    name: str
    version: str
    in_use: str
    trained: str
    last_change: str
    changed_at: datetime | None
    review: ModelReview | None


class ModelsView:
    """The last corrections."""

    def __init__(self) -> None:
        self._feedback: deque[ModelFeedback] = deque(maxlen=REPLAY_RECORDS)

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply one correction."""
        if not isinstance(record, ModelFeedback):
            return set()
        self._feedback.append(record)
        return {CHANNEL}

    def state(self, channel: str = CHANNEL) -> ModelsPageState:
        """Return the last corrections."""
        newest = list(self._feedback)[: -SHOWN_CORRECTIONS - 1 : -1]
        return {
            "corrections": [
                {
                    "time": one.time.isoformat(), "model": one.model, "subject": one.subject, "said": one.said,
                    "right": one.right, "by": one.by,
                }
                for one in newest
            ]
        }  # fmt: skip

    def feedback(self) -> tuple[ModelFeedback, ...]:
        """Return all corrections that are kept."""
        return tuple(self._feedback)


def shown_models(store: ModelStore, feedback: Iterable[ModelFeedback], now: datetime) -> list[ShownModel]:
    """Return every model of a store, those that are due first; one without a readable card is left out."""
    found: list[ShownModel] = []
    feedback = tuple(feedback)
    for name in store.names():
        try:
            card = read_card(store.folder(name))
            review = review_model(store, name, feedback, now) if name in CARD_FIGURES else None
        except ModelError:
            continue
        last = next((step for step in reversed(store.history(name)) if step.what != "refused"), None)
        found.append(
            ShownModel(
                name=name, version=card.version, in_use=store.pointer(name).version, trained=card.date,
                last_change=f"{last.what} {last.version} · {last.by}" if last else "",
                changed_at=last.time if last else None, review=review,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (not (one.review and one.review.reason), one.review is None, one.name))
