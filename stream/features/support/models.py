"""What reads mails and posts: one encoder and its heads, with the rows that belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from processors.models.inference import open_folder
from processors.social.posts import Posts
from processors.social.sentiment import Sentiment
from processors.support.answers import Answers
from processors.support.desk import Desk
from processors.support.encoder import Encoder
from processors.support.requests import Requests
from processors.support.sentence_transformer import meaning_of
from processors.support.topics import Topics, examples_of, names_of, read_topics
from stream.registry.model_store import Folders
from stream.registry.reloadable_model import Live
from stream.runtime.state import LiveRows
from stream.runtime.worker import Worker


@dataclass(frozen=True, slots=True)
class SupportModels:
    """Rows are read with the models that made them: clusters of other vectors mean nothing."""

    requests: Requests
    sentiment: Sentiment
    desks: LiveRows[Desk]
    posts: LiveRows[Posts]


def live_models(worker: Worker, answers: Answers, desks: Any, posts: Any) -> Live[SupportModels]:
    """Mails and posts share them: an encoder takes 60 MB.

    Args:
        desks, posts: the Faust tables that keep the rows.
    """
    known, meaning = read_topics(worker.settings.topics), meaning_of(worker.settings.encoder)

    def build(folders: Folders) -> SupportModels:
        requests = Requests(open_folder(folders["requests"]), Encoder(open_folder(folders["encoder"])), meaning)
        topics = Topics(examples_of(known), requests)
        return SupportModels(
            requests,
            Sentiment(open_folder(folders["sentiment"]), requests.encoder),
            LiveRows(desks, lambda _name, row: Desk(row, requests, topics, answers)),
            LiveRows(posts, lambda _name, row: Posts(row, topics, requests.identity, names_of(known))),
        )

    return worker.live(("encoder", "requests", "sentiment"), build)
