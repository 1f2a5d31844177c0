"""Agent for people's feedback on model outputs."""

from __future__ import annotations

from schemas.models import FEEDBACK, ModelFeedback
from stream.runtime import metrics
from stream.runtime.batch_result import Outcome
from stream.runtime.record import Incoming
from stream.runtime.worker import Worker

JUDGED_MODELS = ("mood", "genre")
"""Models whose outputs people correct with `pulso models correct`."""


def register(worker: Worker) -> None:
    """Add the agent."""

    async def count_feedback(batch: list[Incoming]) -> Outcome:
        for incoming in batch:
            feedback: ModelFeedback = incoming.record
            if feedback.model not in JUDGED_MODELS:
                continue
            metrics.MODEL_FEEDBACK.labels(feedback.model, "right" if feedback.said == feedback.right else "wrong").inc()
        return Outcome()

    for model in JUDGED_MODELS:
        for verdict in ("right", "wrong"):  # a series must exist before its increase can be measured
            metrics.MODEL_FEEDBACK.labels(model, verdict)
    worker.agent(FEEDBACK, count_feedback)
