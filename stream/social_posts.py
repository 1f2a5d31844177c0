"""The agent for social posts, of the support worker: posts → sentiment, subject, and what has changed."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from processors.inference import open_folder
from processors.support.encoder import Encoder
from processors.support.posts import Posts, as_mail
from processors.support.reading import read_mails
from processors.support.requests import Requests
from processors.support.sentence_transformer import meaning_of
from processors.support.sentiment import Sentiment
from processors.support.topics import Topics, read_topics
from schemas.topics import POST_READINGS, POSTS
from stream import metrics
from stream.incoming import Incoming
from stream.model_store import Folders
from stream.outcome import Outcome, Result
from stream.rows import LiveRows
from stream.worker import Worker

ROW = "posts"
"""What is usual is one row, since the share over all subjects tells of those that have no past."""


def add_posts(worker: Worker) -> None:
    """Add the agent."""
    known = read_topics(worker.settings.topics)
    meaning = meaning_of(worker.settings.encoder)
    table = worker.table("posts", POSTS)

    def build(folders: Folders) -> tuple[Requests, Sentiment, LiveRows[Posts]]:
        requests = Requests(open_folder(folders["requests"]), Encoder(open_folder(folders["encoder"])), meaning)
        sentiment = Sentiment(open_folder(folders["sentiment"]), requests.encoder)
        topics = Topics(known, requests)
        return requests, sentiment, LiveRows(table, lambda _name, row: Posts(row, topics, requests.identity))

    live = worker.live(("encoder", "requests", "sentiment"), build)
    thread = ThreadPoolExecutor(1, thread_name_prefix="posts")

    async def posts(batch: list[Incoming]) -> Outcome:
        requests, sentiment, rows = live.value
        records = [as_mail(incoming.record) for incoming in batch]
        read = await asyncio.get_running_loop().run_in_executor(thread, read_mails, records, requests, sentiment)
        outcome = Outcome()
        found = rows.get(ROW)
        for incoming, one in zip(batch, read, strict=True):
            reading = found.apply(incoming.record, one, incoming.offset, incoming.envelope.id)
            if reading is None:
                continue
            outcome.results.append(Result(POST_READINGS, reading.subject, reading, incoming.envelope))
            metrics.POSTS.labels(reading.language, reading.sentiment).inc()
        row = found.to_row()
        outcome.rows[ROW] = row
        rows.wrote(ROW, row, found)
        for subject, share in found.shares().items():
            metrics.POSTS_NEGATIVE.labels(subject).set(share)
        return outcome

    def forget() -> None:
        live.value[-1].forget()

    worker.agent(POSTS, posts, table=table, failed=forget)
