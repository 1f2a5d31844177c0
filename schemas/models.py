"""Feedback on the results of models, and reviews of the models in use; their Kafka topics."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.fields import NAMED, Count, Identifier, Instant, Probability
from schemas.ids import EventId
from schemas.topic import DAY, Topic


class ModelFeedback(Struct, frozen=True, kw_only=True):
    """A person's statement of the right result of a model; one that equals the result confirms it."""

    id: Identifier
    model: Identifier
    subject: Identifier
    """Stage, camera or thread."""
    event_id: Annotated[EventId, NAMED]
    """Event id of the result."""
    said: Annotated[str, Meta(max_length=200)]
    """Result of the model."""
    right: Annotated[str, Meta(min_length=1, max_length=200)]
    by: Identifier
    time: Instant


class ModelReview(Struct, frozen=True, kw_only=True):
    """Review of a model in use: is it due to be trained again?"""

    event_id: Annotated[EventId, NAMED]
    model: Identifier
    version: Identifier
    """Name in the model store; `shipped` for the one that came with Pulso."""
    time: Instant
    trained: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    """Day of training, from the card."""
    age_days: Count
    judged: Count
    """Results of this version with a person's verdict."""
    right: Count
    """Those that the person confirmed."""
    low: Probability
    high: Probability
    """95 % interval of the share that was right."""
    card_accuracy: Probability | None = None
    """Accuracy that the card promises."""
    reason: Literal["", "figures", "age"] = ""
    """figures: people found it worse than the card says. age: the card is three months old. Empty: not due."""


FEEDBACK = Topic(
    "model.feedback",
    "model",
    ModelFeedback,
    "pulso.model.feedback.v1",
    "A person's statement of the right result of a model.",
    partitions=1,
    retention_ms=90 * DAY,
)


REVIEWS = Topic(
    "model.reviews",
    "model",
    ModelReview,
    "pulso.model.review.v1",
    "Review of a model in use: is it due to be trained again?",
    partitions=1,
    compacted=True,
)
