"""The support worker: mails → language, priority, topic and cluster."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from processors.inference import open_folder
from processors.support.desk import Desk, read_mails
from processors.support.encoder import Encoder
from processors.support.topics import Topics, read_topics
from schemas.topics import MAILS, TRIAGE
from stream import metrics
from stream.incoming import Incoming
from stream.model_store import Folders
from stream.outcome import Outcome, Result
from stream.rows import LiveRows
from stream.worker import Worker

BUFFER = 512
"""events read ahead"""

ROW = "desk"
"""All clusters are one row: a mail may found, feed or merge any of them, and a crash must never see half of that."""


def register(worker: Worker) -> None:
    """Add the agent."""
    known = read_topics(worker.settings.topics)
    table = worker.table("desk", MAILS)

    def build(folders: Folders) -> tuple[Encoder, LiveRows[Desk]]:
        """A desk belongs to the encoder that reads for it; its clusters come from the row."""
        encoder = Encoder(open_folder(folders["encoder"]))
        topics = Topics(known, encoder)
        return encoder, LiveRows(table, lambda _name, row: Desk(row, encoder, topics))

    live = worker.live(("encoder",), build)
    thread = ThreadPoolExecutor(1, thread_name_prefix="encoder")

    async def mails(batch: list[Incoming]) -> Outcome:
        encoder, desks = live.value
        records = [incoming.record for incoming in batch]
        read = await asyncio.get_running_loop().run_in_executor(thread, read_mails, records, encoder)
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

    def forget() -> None:
        live.value[1].forget()

    worker.agent(MAILS, mails, table=table, failed=forget)
