"""Agent for people's feedback on model outputs."""

from __future__ import annotations

from schemas.models import FEEDBACK, ModelFeedback
from stream.features.models import metrics
from stream.runtime.effects import BatchResult
from stream.runtime.record import Record
from stream.runtime.worker_context import WorkerContext

JUDGED_MODELS = ("mood", "genre", "sentiment")
"""Models whose outputs people correct, on pages or with `pulso models correct`."""


def register(worker: WorkerContext) -> None:
    """Add the agent."""
    for model in JUDGED_MODELS:
        for verdict in ("right", "wrong"):  # a series must exist before its increase can be measured
            metrics.MODEL_FEEDBACK.labels(model, verdict)
    worker.agent(FEEDBACK, count_feedback)


async def count_feedback(records: list[Record[ModelFeedback]]) -> BatchResult:
    """Count outputs that users marked as right or wrong."""
    for record in records:
        feedback = record.payload
        if feedback.model in JUDGED_MODELS:
            verdict = "right" if feedback.said == feedback.right else "wrong"
            metrics.MODEL_FEEDBACK.labels(feedback.model, verdict).inc()
    return BatchResult()
