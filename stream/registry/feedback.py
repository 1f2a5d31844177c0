"""Feedback of people on the last output of a model, and the fragments that it is about."""

from __future__ import annotations

import hashlib
import logging
import uuid
from datetime import UTC, datetime

import msgspec
from confluent_kafka import Message
from redis import Redis
from redis.exceptions import RedisError

from processors.models.inference import read_card
from schemas.cloudevents import Envelope, EnvelopeError
from schemas.errors import PulsoError
from schemas.ids import EventId, StageId
from schemas.models import FEEDBACK, ModelFeedback
from schemas.music import SNIPPETS, TAGS, MusicTags
from stream.registry.model_store import open_model_store
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import headers_of, read_all
from stream.stores.evidence import EVIDENCE, read_evidence

log = logging.getLogger(__name__)

CLIP_SECONDS = 14 * 24 * 3600
"""Time for which the fragment of a corrected label is kept: a festival, and some days to collect it."""

HEARD_MODELS = ("mood", "genre")
"""Models whose results are about a fragment of sound."""


class FeedbackError(PulsoError, ValueError):
    """There is no output to correct, or the label is unknown. The message says what there is."""


def clip_name(event: EventId) -> str:
    """Return the name of a kept fragment in the evidence store.

    >>> clip_name(EventId("f1"))
    'label-3f524cdc07a11d7c6220'
    """
    return f"label-{hashlib.sha256(event.encode()).hexdigest()[:20]}"


def keep_clip(settings: Settings, event: EventId) -> bool:
    """Keep the fragment of an event beside the evidence of alerts, where Kafka still has it: for ten minutes.

    Returns False, with a log line, where it is gone, or where Kafka or Redis does not answer: a correction counts
    without its clip, too.
    """
    try:
        body = next(
            (message.value() for message in read_all(settings, SNIPPETS.name) if _event_of(message) == event), None
        )
        if body is None:
            log.info("the fragment %s is no longer in Kafka: its correction has no clip", event)
            return False
        with Redis.from_url(settings.redis_url(), socket_timeout=5) as redis:
            name = EVIDENCE.format(id=clip_name(event))
            pipeline = redis.pipeline(transaction=True)
            pipeline.hset(name, mapping={"content_type": SNIPPETS.content_type, "body": body})
            pipeline.expire(name, CLIP_SECONDS)
            pipeline.execute()
    except (LookupError, TimeoutError, RedisError, OSError) as error:
        log.warning("the fragment %s is not kept: %s", event, error)
        return False
    return True


def read_clip(redis: Redis, event: EventId) -> bytes | None:
    """Return the kept fragment of an event, or None where there is none."""
    return read_evidence(redis, clip_name(event), SNIPPETS.content_type)


def correct(settings: Settings, model: str, stage: StageId, right: str, *, by: str) -> ModelFeedback:
    """Send the label that the last tags of a stage should have had.

    Args:
        settings: connection settings.
        model: mood or genre.
        stage: the stage whose last tags are corrected.
        right: the right label; the model's own label confirms it.
        by: who corrects it.

    Raises:
        FeedbackError: The model has no such label, or the last tags of the stage name none.
        MissingTopicError: The topic of the tags does not exist yet.
    """
    if model not in HEARD_MODELS:
        raise FeedbackError(f"{model!r} can't be corrected; choose mood or genre")
    labels = read_card(open_model_store(settings).folder(model)).settings["labels"]
    if right not in labels:
        raise FeedbackError(f"{model} is one of {', '.join(labels)}, not {right!r}")
    last = None
    for message in read_all(settings, TAGS.name):
        tags = msgspec.json.decode(message.value() or b"", type=MusicTags)
        if tags.stage == stage and (last is None or tags.time >= last.time):
            last = tags
    probabilities = {} if last is None else last.moods if model == "mood" else last.genres
    if last is None or not any(probabilities.values()):
        raise FeedbackError(f"the last tags of stage {stage!r} have no {model}: there is nothing to correct")
    now = datetime.now(UTC)
    feedback = ModelFeedback(
        id=f"{model}/{stage}/{uuid.uuid4().hex[:12]}",
        model=model,
        subject=stage,
        event_id=last.event_id,
        said=max(probabilities, key=probabilities.__getitem__),
        right=right,
        by=by,
        time=now,
    )
    with EventProducer(settings, timeout_s=20) as producer:
        producer.send(FEEDBACK, key=model, value=feedback, id=feedback.id, source="pulso/models", time=now)
    keep_clip(settings, last.event_id)
    return feedback


def _event_of(message: Message) -> str | None:
    try:
        return Envelope.from_headers(headers_of(message)).id
    except EnvelopeError:
        return None
