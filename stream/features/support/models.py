"""What reads mails and posts: one encoder and its heads, with the rows that belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from processors.models.inference import open_folder
from processors.social.posts import PostAnalyzer
from processors.social.sentiment import SentimentClassifier
from processors.support.answers import AnswerCatalogue
from processors.support.desk import SupportDesk
from processors.support.encoder import Encoder
from processors.support.requests import RequestClassifier
from processors.support.sentence_transformer import embedder_from_setting
from processors.support.topics import TopicClassifier, read_topics, topic_examples, topic_names
from stream.registry.model_store import Folders
from stream.registry.reloadable_model import Live
from stream.runtime.state import LiveRows
from stream.runtime.worker import Worker


@dataclass(frozen=True, slots=True)
class SupportModels:
    """Rows are read with the models that made them: clusters of other vectors mean nothing."""

    requests: RequestClassifier
    sentiment: SentimentClassifier
    desks: LiveRows[SupportDesk]
    posts: LiveRows[PostAnalyzer]


def live_models(worker: Worker, answers: AnswerCatalogue, desks: Any, posts: Any) -> Live[SupportModels]:
    """Mails and posts share them: an encoder takes 60 MB.

    Args:
        desks, posts: the Faust tables that keep the rows.
    """
    known, meaning = read_topics(worker.settings.topics), embedder_from_setting(worker.settings.encoder)

    def build(folders: Folders) -> SupportModels:
        requests = RequestClassifier(
            open_folder(folders["requests"]), Encoder(open_folder(folders["encoder"])), meaning
        )
        topics = TopicClassifier(topic_examples(known), requests)
        return SupportModels(
            requests,
            SentimentClassifier(open_folder(folders["sentiment"]), requests.encoder),
            LiveRows(desks, lambda _name, row: SupportDesk(row, requests, topics, answers)),
            LiveRows(posts, lambda _name, row: PostAnalyzer(row, topics, requests.identity, topic_names(known))),
        )

    return worker.live(("encoder", "requests", "sentiment"), build)
