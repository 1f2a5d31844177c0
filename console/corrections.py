"""Corrections of what a model said: to the topic `model.feedback`, and to the audit."""

from __future__ import annotations

from fastapi import HTTPException
from redis.exceptions import RedisError

from console.services import ConsoleServices
from schemas.models import FEEDBACK, ModelFeedback
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit


async def send_correction(services: ConsoleServices, feedback: ModelFeedback, origin: str) -> None:
    """Write a correction and its entry in the audit.

    Raises:
        HTTPException: Kafka or Redis does not answer (503).
    """
    subject, detail = f"{feedback.model}/{feedback.subject}", f"{feedback.said} → {feedback.right}"
    try:
        await services.writer.send(
            FEEDBACK, key=feedback.model, record=feedback, id=feedback.id, by=feedback.by, time=feedback.time
        )
        await audit.record(services.redis, feedback.by, "model-correction", subject, detail, origin)
    except (NotDeliveredError, RedisError, OSError) as error:
        raise HTTPException(503, "Redis or Kafka does not answer; try again") from error
