"""Agents for support: mails → language, priority, topic and cluster; corrections → labelled examples."""

from __future__ import annotations

from functools import partial

from processors.support.desk import CorrectionError, SupportDesk
from processors.support.mail_analysis import AnalyzedMail
from schemas.cloudevents import Envelope
from schemas.support import ANSWERS, CORRECTIONS, MAILS, TRIAGE, Mail, SupportCorrection
from stream.features.support import metrics
from stream.features.support.approved_answers import apply_approved_answer
from stream.features.support.latest_clusters import overview_output
from stream.features.support.models import TextModels, text_models
from stream.runtime.effects import BatchResult, Effects, OutputRecord
from stream.runtime.record import InvalidRecordError, Record
from stream.runtime.state import StateTable, apply_to_states
from stream.runtime.worker_context import WorkerContext

STATE_KEY = "desk"
"""All clusters are one state: a mail may create, extend or merge any of them, and a crash must never split that."""


def register(worker: WorkerContext) -> None:
    """Add the agents."""
    models = text_models(worker)
    agent = SupportAgent(models)
    worker.broadcast(ANSWERS, partial(apply_approved_answer, models.answers))
    worker.agent(MAILS, agent.triage, table=models.desk_table, on_failure=models.forget_desk)
    worker.agent(CORRECTIONS, agent.correct, table=models.desk_table, on_failure=models.forget_desk)


class SupportAgent:
    """Assigns mails to topics and clusters, and applies corrections."""

    def __init__(self, models: TextModels) -> None:
        self._models = models

    async def triage(self, records: list[Record[Mail]]) -> BatchResult:
        """Produce the triage of each mail."""
        models = self._models.current
        analyses = await self._models.analyze([record.payload for record in records])
        by_offset = {record.offset: analysis for record, analysis in zip(records, analyses, strict=True)}
        result = await apply_to_states(records, models.desks, partial(_file, by_offset), key=_state_key)
        return _with_overview(result, records[-1].envelope, models.desks)

    async def correct(self, records: list[Record[SupportCorrection]]) -> BatchResult:
        """Apply corrections, and requests to forget a person."""
        desks = self._models.current.desks
        result = await apply_to_states(records, desks, _correct, key=_state_key)
        return _with_overview(result, records[-1].envelope, desks)


def _state_key(_record: object) -> str:
    return STATE_KEY


def _with_overview(result: BatchResult, cause: Envelope, desks: StateTable[SupportDesk]) -> BatchResult:
    """Add the clusters to the result of a batch that changed the desk, and set their gauge.

    Args:
        cause: the last event of the batch.
    """
    desk = desks.latest(STATE_KEY)
    if desk is not None and result.rows:
        metrics.CLUSTERS.set(sum(cluster.size > 1 for cluster in desk.clusters))
        # Before the results of the mails: a consumer of a result must find its cluster.
        result.outputs = [overview_output(cause, desk.clusters), *result.outputs]
    return result


def _file(analyses: dict[int, AnalyzedMail], record: Record[Mail], desk: SupportDesk) -> Effects[SupportDesk]:
    repeated = not desk.has_applied(record.offset)
    triage = desk.apply(analyses[record.offset], record.offset, record.id)
    if triage is None:
        metrics.REPEATED.inc(repeated)
        return Effects(state=desk)
    metrics.MAILS.labels(triage.language, triage.priority).inc()
    metrics.OLD.inc(triage.old)
    if triage.set_aside is not None:
        metrics.SET_ASIDE.labels(triage.set_aside).inc()
    return Effects((OutputRecord(TRIAGE, record.key, triage, record.envelope),), desk)


def _correct(record: Record[SupportCorrection], desk: SupportDesk) -> Effects[SupportDesk]:
    try:
        if desk.correct(record.payload, record.offset):
            metrics.CORRECTIONS.labels(record.payload.action).inc()
    except CorrectionError as error:
        raise InvalidRecordError("content", str(error)) from error
    return Effects(state=desk)
