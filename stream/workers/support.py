"""The support worker: mails → language, priority, topic and cluster; corrections → what it knows."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from processors.inference import open_folder
from processors.support.answers import read_answers
from processors.support.desk import CorrectionError, Desk
from processors.support.encoder import Encoder
from processors.support.reading import read_mails
from processors.support.requests import Requests
from processors.support.sentence_transformer import meaning_of
from processors.support.sentiment import Sentiment
from processors.support.topics import Topics, read_topics
from schemas.topics import CORRECTIONS, MAILS, TRIAGE
from stream import metrics
from stream.approved_answers import ApprovedAnswers
from stream.incoming import Incoming, UnusableError
from stream.model_store import Folders
from stream.outcome import Outcome, Result
from stream.rows import LiveRows
from stream.social_posts import add_posts
from stream.worker import Worker

BUFFER = 512
"""events read ahead"""

ROW = "desk"
"""All clusters are one row: a mail may found, feed or merge any of them, and a crash must never see half of that."""


def register(worker: Worker) -> None:
    """Add the agent."""
    known, answers = read_topics(worker.settings.topics), read_answers(worker.settings.answers)
    meaning = meaning_of(worker.settings.encoder)
    table = worker.table("desk", MAILS)
    worker.app.task(ApprovedAnswers(worker.settings, answers).run)

    def build(folders: Folders) -> tuple[Requests, Sentiment, LiveRows[Desk]]:
        """A desk belongs to the models that read for it; its clusters come from the row."""
        requests = Requests(open_folder(folders["requests"]), Encoder(open_folder(folders["encoder"])), meaning)
        sentiment = Sentiment(open_folder(folders["sentiment"]), requests.encoder)
        topics = Topics(known, requests)
        return requests, sentiment, LiveRows(table, lambda _name, row: Desk(row, requests, topics, answers))

    live = worker.live(("encoder", "requests", "sentiment"), build)
    thread = ThreadPoolExecutor(1, thread_name_prefix="encoder")

    async def mails(batch: list[Incoming]) -> Outcome:
        requests, sentiment, desks = live.value
        records = [incoming.record for incoming in batch]
        read = await asyncio.get_running_loop().run_in_executor(thread, read_mails, records, requests, sentiment)
        outcome = Outcome()
        desk = desks.get(ROW)
        for incoming, one in zip(batch, read, strict=True):
            triage = desk.apply(one, incoming.offset, incoming.envelope.id)
            if triage is None:
                continue
            outcome.results.append(Result(TRIAGE, incoming.key, triage, incoming.envelope))
            metrics.MAILS.labels(triage.language, triage.priority).inc()
        row = desk.to_row()
        outcome.rows[ROW] = row
        desks.wrote(ROW, row, desk)
        metrics.CLUSTERS.set(len(desk.clusters))
        return outcome

    async def corrections(batch: list[Incoming]) -> Outcome:
        *_, desks = live.value
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
        live.value[-1].forget()

    worker.agent(MAILS, mails, table=table, failed=forget)
    worker.agent(CORRECTIONS, corrections, table=table, failed=forget)
    add_posts(worker)
