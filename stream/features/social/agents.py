"""Agent for social posts: posts → sentiment, subject, and the change of each subject's sentiment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from processors.social.posts import PostAnalyzer, accounts_of_acts, post_as_mail
from processors.support.mail_analysis import AnalyzedMail
from schemas.programme import PROGRAMME
from schemas.social import POST_READINGS, POSTS, Post
from stream.features.social import metrics
from stream.features.support.models import TextModels, text_models
from stream.runtime.effects import BatchResult, Effects, OutputRecord
from stream.runtime.record import Record
from stream.runtime.state import apply_to_states
from stream.runtime.worker_context import WorkerContext

STATE_KEY = "posts"
"""Key of the single state: the ratio over all subjects is the prior of those that have no history."""


def register(worker: WorkerContext) -> None:
    """Add the agent."""
    models = text_models(worker)
    acts = [act.name for act in worker.venue.section(PROGRAMME).acts]
    agent = PostsAgent(models, acts)
    worker.agent(POSTS, agent.read, table=models.posts_table, on_failure=models.forget_posts)


class PostsAgent:
    """Analyzes posts with the text models that support mails use, too."""

    def __init__(self, models: TextModels, acts: Sequence[str] = ()) -> None:
        self._models = models
        self._acts = acts

    async def read(self, records: list[Record[Post]]) -> BatchResult:
        """Produce one reading for each post."""
        models = self._models.current
        analyses = await self._models.analyze([post_as_mail(record.payload) for record in records])
        by_offset = {record.offset: analysis for record, analysis in zip(records, analyses, strict=True)}
        result = await apply_to_states(
            records, models.posts, partial(_apply, by_offset, self._acts), key=lambda _record: STATE_KEY
        )
        if (posts := models.posts.latest(STATE_KEY)) is not None:
            for subject, share in posts.shares().items():
                metrics.POSTS_NEGATIVE.labels(subject).set(share)
        return result


def _apply(
    analyses: dict[int, AnalyzedMail], acts: Sequence[str], record: Record[Post], posts: PostAnalyzer
) -> Effects[PostAnalyzer]:
    reading = posts.apply(record.payload, analyses[record.offset], record.offset, record.id)
    if reading is None:
        return Effects(state=posts)
    reading = replace(reading, accounts=accounts_of_acts(record.payload.text, acts))
    metrics.POSTS.labels(reading.language, reading.sentiment).inc()
    return Effects((OutputRecord(POST_READINGS, reading.subject, reading, record.envelope),), posts)
