"""The text models of the support worker: one encoder and its classifiers, shared by mails and posts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from processors.models.inference import open_folder
from processors.social.posts import PostAnalyzer
from processors.social.sentiment import SentimentClassifier
from processors.support.answers import AnswerCatalogue, read_answers
from processors.support.desk import SupportDesk
from processors.support.encoder import Encoder
from processors.support.mail_analysis import AnalyzedMail, analyze_mails
from processors.support.requests import RequestClassifier
from processors.support.sentence_transformer import embedder_from_setting
from processors.support.topics import TopicClassifier, read_topics, topic_examples, topic_names
from schemas.social import POSTS
from schemas.support import MAILS, Mail
from stream.registry.model_store import Folders
from stream.runtime.state import RowTable, StateCodec, StateTable
from stream.runtime.worker_context import WorkerContext


@dataclass(frozen=True, slots=True)
class LoadedTextModels:
    """Models and the states computed with them: clusters of another encoder's vectors are not comparable."""

    requests: RequestClassifier
    sentiment: SentimentClassifier
    desks: StateTable[SupportDesk]
    posts: StateTable[PostAnalyzer]


class TextModels:
    """Text models that are reloaded when one is promoted, with a thread to run them in.

    Mails and posts share them: an encoder takes 60 MB.

    Attributes:
        answers: approved answers, of the file and of the topic `support.answers`.
    """

    def __init__(self, worker: WorkerContext) -> None:
        self.answers: AnswerCatalogue = read_answers(worker.settings.answers)
        self.desk_table: RowTable = worker.table("desk", MAILS)
        self.posts_table: RowTable = worker.table("posts", POSTS)
        self._topics = read_topics(worker.settings.topics)
        self._meaning = embedder_from_setting(worker.settings.encoder)
        self._model = worker.reloadable_model(("encoder", "requests", "sentiment"), self._load)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encoder")

    @property
    def current(self) -> LoadedTextModels:
        """Return the models in use; read it once a batch, since a reload may replace them."""
        return self._model.value

    async def analyze(self, mails: Sequence[Mail]) -> list[AnalyzedMail]:
        """Analyze texts in the models' own thread, so that heartbeats and timers go on."""
        models = self.current
        work = partial(analyze_mails, mails, models.requests, models.sentiment)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def forget_desk(self) -> None:
        """Drop the cached state of the support desk."""
        self.current.desks.forget()

    def forget_posts(self) -> None:
        """Drop the cached state of posts."""
        self.current.posts.forget()

    def _load(self, folders: Folders) -> LoadedTextModels:
        encoder = Encoder(open_folder(folders["encoder"]))
        requests = RequestClassifier(open_folder(folders["requests"]), encoder, self._meaning)
        topics = TopicClassifier(topic_examples(self._topics), requests)
        names = topic_names(self._topics)
        return LoadedTextModels(
            requests,
            SentimentClassifier(open_folder(folders["sentiment"]), requests.encoder),
            StateTable(
                self.desk_table,
                StateCodec(
                    lambda _key, row: SupportDesk(row, requests, topics, self.answers), lambda desk: desk.to_row()
                ),
            ),
            StateTable(
                self.posts_table,
                StateCodec(
                    lambda _key, row: PostAnalyzer(row, topics, requests.identity, names), lambda posts: posts.to_row()
                ),
            ),
        )


def text_models(worker: WorkerContext) -> TextModels:
    """Return the text models that all features of a worker share."""
    return worker.shared(TextModels, lambda: TextModels(worker))
