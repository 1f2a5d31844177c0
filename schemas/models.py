"""Feedback on the results of models; its Kafka topic."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from schemas.fields import NAMED, Identifier, Instant
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


FEEDBACK = Topic(
    "model.feedback",
    "model",
    ModelFeedback,
    "pulso.model.feedback.v1",
    "A person's statement of the right result of a model.",
    partitions=1,
    retention_ms=90 * DAY,
)
