"""Feedback of people on the last output of a model."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import msgspec

from processors.models.inference import read_card
from schemas.errors import PulsoError
from schemas.ids import StageId
from schemas.models import FEEDBACK, ModelFeedback
from schemas.music import TAGS, MusicTags
from stream.registry.model_store import open_model_store
from stream.runtime.producer import EventProducer
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all


class FeedbackError(PulsoError, ValueError):
    """There is no output to correct, or the label is unknown. The message says what there is."""


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
    if model not in ("mood", "genre"):
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
    return feedback
