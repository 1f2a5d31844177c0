"""Feedback on model outputs; its topic."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from schemas.fields import Identifier, Instant
from schemas.topic import DAY, Topic


class ModelFeedback(Struct, frozen=True, kw_only=True):
    """What a person says a model should have said; the same as it said confirms it."""

    id: Identifier
    model: Identifier
    subject: Identifier
    """the stage, camera or thread"""
    event_id: Identifier
    """of the result that is judged"""
    said: Annotated[str, Meta(max_length=200)]
    right: Annotated[str, Meta(min_length=1, max_length=200)]
    by: Identifier
    time: Instant


FEEDBACK = Topic(
    "model.feedback",
    "model",
    ModelFeedback,
    "pulso.model.feedback.v1",
    "What people say that a model should have said.",
    partitions=1,
    retention_ms=90 * DAY,
)
