"""The agent for social posts, of the support worker: posts → sentiment, subject, and what has changed."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from processors.social.posts import post_as_mail
from processors.support.mail_analysis import analyze_mails
from schemas.social import POST_READINGS, POSTS
from stream.features.support.models import SupportModels
from stream.registry.reloadable_model import Live
from stream.runtime import metrics
from stream.runtime.batch_result import Outcome, Result
from stream.runtime.record import Incoming
from stream.runtime.worker import Worker

ROW = "posts"
"""What is usual is one row, since the share over all subjects tells of those that have no past."""


def add_posts(worker: Worker, table: Any, live: Live[SupportModels], thread: ThreadPoolExecutor) -> None:
    """Add the agent.

    Args:
        table: of its rows.
        live, thread: what reads posts, and where: the same as for mails.
    """

    async def posts(batch: list[Incoming]) -> Outcome:
        models = live.value
        records = [post_as_mail(incoming.record) for incoming in batch]
        read = await asyncio.get_running_loop().run_in_executor(
            thread, analyze_mails, records, models.requests, models.sentiment
        )
        outcome = Outcome()
        found = models.posts.get(ROW)
        for incoming, one in zip(batch, read, strict=True):
            reading = found.apply(incoming.record, one, incoming.offset, incoming.envelope.id)
            if reading is None:
                continue
            outcome.results.append(Result(POST_READINGS, reading.subject, reading, incoming.envelope))
            metrics.POSTS.labels(reading.language, reading.sentiment).inc()
        row = found.to_row()
        outcome.rows[ROW] = row
        models.posts.wrote(ROW, row, found)
        for subject, share in found.shares().items():
            metrics.POSTS_NEGATIVE.labels(subject).set(share)
        return outcome

    def forget() -> None:
        live.value.posts.forget()

    worker.agent(POSTS, posts, table=table, failed=forget)
