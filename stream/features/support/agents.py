"""The support worker: mails → language, priority, topic and cluster; corrections → what it knows."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from processors.support.answers import read_answers
from processors.support.desk import CorrectionError
from processors.support.mail_analysis import analyze_mails
from schemas.social import POSTS
from schemas.support import ANSWERS, CORRECTIONS, MAILS, TRIAGE
from stream.features.social.agents import add_posts
from stream.features.support.approved_answers import approve
from stream.features.support.models import live_models
from stream.runtime import metrics
from stream.runtime.batch_result import Outcome, Result
from stream.runtime.decoding import UnusableError
from stream.runtime.record import Incoming
from stream.runtime.worker import Worker

BUFFER = 512
"""events read ahead"""

ROW = "desk"
"""All clusters are one row: a mail may found, feed or merge any of them, and a crash must never see half of that."""


def register(worker: Worker) -> None:
    """Add the agents."""
    answers = read_answers(worker.settings.answers)
    table, posts = worker.table("desk", MAILS), worker.table("posts", POSTS)
    worker.follow(ANSWERS, partial(approve, answers))
    live = live_models(worker, answers, table, posts)
    thread = ThreadPoolExecutor(1, thread_name_prefix="encoder")

    async def mails(batch: list[Incoming]) -> Outcome:
        models = live.value
        records = [incoming.record for incoming in batch]
        read = await asyncio.get_running_loop().run_in_executor(
            thread, analyze_mails, records, models.requests, models.sentiment
        )
        outcome = Outcome()
        desk = models.desks.get(ROW)
        for incoming, one in zip(batch, read, strict=True):
            triage = desk.apply(one, incoming.offset, incoming.envelope.id)
            if triage is None:
                continue
            outcome.results.append(Result(TRIAGE, incoming.key, triage, incoming.envelope))
            metrics.MAILS.labels(triage.language, triage.priority).inc()
        row = desk.to_row()
        outcome.rows[ROW] = row
        models.desks.wrote(ROW, row, desk)
        metrics.CLUSTERS.set(len(desk.clusters))
        return outcome

    async def corrections(batch: list[Incoming]) -> Outcome:
        desks = live.value.desks
        outcome = Outcome()
        desk = desks.get(ROW)
        for incoming in batch:
            try:
                if desk.correct(incoming.record, incoming.offset):
                    metrics.CORRECTIONS.labels(incoming.record.action).inc()
            except CorrectionError as error:
                outcome.dead.append((incoming, UnusableError("content", str(error))))
        row = desk.to_row()
        outcome.rows[ROW] = row
        desks.wrote(ROW, row, desk)
        return outcome

    def forget() -> None:
        live.value.desks.forget()

    worker.agent(MAILS, mails, table=table, failed=forget)
    worker.agent(CORRECTIONS, corrections, table=table, failed=forget)
    add_posts(worker, posts, live, thread)
