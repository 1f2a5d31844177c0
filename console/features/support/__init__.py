"""Support: mails and their clusters, suggested replies, approved answers and the public FAQ page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from console.authentication import User
from console.feature import ConsoleFeature, FeatureContext, LiveChannel, NavigationEntry, ViewDefinition
from console.features.support import answers, corrections, faq, page
from console.features.support.view import CHANNEL, SupportView
from processors.support.answers import read_answers
from processors.support.topics import read_topics
from schemas.support import ANSWERS, TRIAGE
from schemas.venue import Venue


def navigation(user: User, _venue: Venue) -> Iterable[NavigationEntry]:
    """Return the support page."""
    if user.has_role("support"):
        yield NavigationEntry("/support", "support", position=30, home_of="support")


def topic_names(context: FeatureContext, language: str) -> Mapping[str, str]:
    """Return `topic_NAME` for each topic of the venue's topics file, called by its id where it has no other name."""
    topics = read_topics(context.settings.topics)
    return {f"topic_{name}": topic.names.get(language, name) for name, topic in topics.items()}


FEATURE = ConsoleFeature(
    name="support",
    folder=Path(__file__).parent,
    routers=(page.router, answers.router, corrections.router, faq.router),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=("support",)),),
    views=(
        ViewDefinition(
            lambda context: SupportView(read_answers(context.settings.answers)),
            CHANNEL,
            replay={TRIAGE: 2_000, ANSWERS: 100_000},
        ),
    ),
    words=topic_names,
)
