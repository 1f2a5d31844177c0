"""Review of a model in use: is it time to train it again?

A model is due when people's corrections show it to be worse than its card says, or when its card is three months old.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from processors.models.inference import ModelCard
from processors.wilson import wilson_interval
from schemas.ids import EventId
from schemas.models import ModelFeedback, ModelReview

MAX_AGE = timedelta(days=92)
"""Age of a card from which its model is due: three months, the longest that three months can be."""

MIN_JUDGED = 30
"""Results with a verdict below which no fall is reported: the interval is ± 0.17 then."""

Z = 1.96
"""Standard errors of a 95 % interval."""

CARD_FIGURES: Mapping[str, tuple[str, ...]] = {
    "mood": ("test part", "cross-validation"),
    "genre": ("test part", "cross-validation"),
    "sentiment": ("test part", "airline_es_sentiment_train"),
}
"""Data sets of the card whose accuracy people's verdicts are compared with, the first that the card has; by model.

Of the shipped sentiment model the Spanish posts, on which it is worse than on the English ones: what languages a
venue's mails have must not look like a fall."""


def card_accuracy(card: ModelCard) -> float | None:
    """Return the accuracy of the card that verdicts are compared with, or None where it has none."""
    for data in CARD_FIGURES.get(card.name, ()):
        if (accuracy := card.metrics.get(data, {}).get("accuracy")) is not None:
            return accuracy
    return None


def review(
    card: ModelCard, version: str, in_use_since: datetime | None, feedback: Iterable[ModelFeedback], now: datetime
) -> ModelReview:
    """Return the review of one model.

    Args:
        card: card of the version in use.
        version: its name in the model store.
        in_use_since: when it was promoted; None for the shipped one, which counts from its date on.
        feedback: people's corrections and confirmations; of several of one result the last counts, and those of
            earlier versions do not.
        now: present time.

    >>> card = ModelCard(name="mood", version="1", date="2026-03-01", task="", sha256="0" * 64, parameters=1,
    ...                  data=["d"], split="", metrics={}, limits=["l"], made_by="", licence="")
    >>> review(card, "shipped", None, [], datetime(2026, 7, 4, tzinfo=UTC)).reason
    'age'
    """
    trained = datetime.combine(date.fromisoformat(card.date), datetime.min.time(), UTC)
    since = in_use_since or trained
    mine = sorted((one for one in feedback if one.model == card.name and one.time >= since), key=lambda one: one.time)
    last = {one.event_id: one for one in mine}
    right = sum(one.said == one.right for one in last.values())
    low, high = wilson_interval(right / len(last), len(last), Z) if last else (0.0, 1.0)
    expected = card_accuracy(card)
    fallen = expected is not None and len(last) >= MIN_JUDGED and high < expected
    return ModelReview(
        event_id=EventId(f"{card.name}/{version}/{now:%Y%m%dT%H%M}"),
        model=card.name,
        version=version,
        time=now,
        trained=card.date,
        age_days=max(0, (now - trained).days),
        judged=len(last),
        right=right,
        low=round(low, 4),
        high=round(high, 4),
        card_accuracy=expected,
        reason="figures" if fallen else "age" if now - trained >= MAX_AGE else "",
    )
