"""Negative posts by subject: a sudden change is reported, a few posts are not, and a restart changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.social.posts import OTHER, PostAnalyzer, post_as_mail
from processors.social.sentiment import SentimentClassifier
from processors.support.mail_analysis import analyze_mail
from processors.support.requests import RequestClassifier
from processors.support.topics import TopicClassifier
from schemas.social import Post, PostReading

START = datetime(2026, 7, 4, 18, tzinfo=UTC)
TOPICS = {
    "top-up": ["How do I top up my wristband?", "¿Dónde se recarga la pulsera?"],
    "toilets": ["Where are the toilets?", "Los baños del recinto"],
}
CALM = ("Recargar la pulsera ha sido un segundo, genial", "Topped up my wristband in no time, great, thank you")
ANGRY = ("No puedo recargar la pulsera, una vergüenza y un desastre", "Wristband top-up is broken, an awful disgrace")


class PostStream:
    """Applies posts to an analyzer, in the order of the calls."""

    def __init__(self, requests: RequestClassifier) -> None:
        self._requests, self._sentiment = requests, SentimentClassifier.load(requests.encoder)
        self._topics = TopicClassifier(TOPICS, requests)
        self.analyzer = PostAnalyzer(None, self._topics, "test")
        self._read = 0

    def restart(self) -> None:
        self.analyzer = PostAnalyzer(self.analyzer.to_row(), self._topics, "test")

    def __call__(self, text: str, minute: float, name: str = "") -> PostReading | None:
        number, self._read = self._read, self._read + 1
        post = Post(id=name or f"p{number}", network="test", time=START + timedelta(minutes=minute), text=text)
        analyzed = analyze_mail(post_as_mail(post), self._requests, self._sentiment)
        return self.analyzer.apply(post, analyzed, number, f"e{number}")


@pytest.fixture
def posts(requests: RequestClassifier) -> PostStream:
    return PostStream(requests)


def test_sudden_change_is_reported_after_a_restart(posts: PostStream) -> None:
    for minute in range(0, 120, 4):
        reading = posts(CALM[minute % 8 // 4], minute)
        assert reading is not None
        assert (reading.subject, reading.sentiment) == ("top-up", "positive")
        assert reading.change < 1
    posts.restart()
    readings = [posts(ANGRY[number % 2], 122 + number) for number in range(10)]
    last = readings[-1]
    assert last is not None
    assert (last.subject, last.sentiment) == ("top-up", "negative")
    assert last.change >= 3
    assert last.negative_share > 0.6
    assert last.usual_share < 0.3
    assert posts.analyzer.shares().keys() == {"top-up"}


def test_few_angry_posts_report_no_change(posts: PostStream) -> None:
    assert all(reading is not None and reading.change == 0 for reading in (posts(ANGRY[0], n) for n in range(4)))


def test_repeated_post_counts_once(posts: PostStream) -> None:
    assert posts(ANGRY[0], 0, "same") is not None
    assert posts(ANGRY[0], 1, "same") is None
    posts.restart()
    assert posts(ANGRY[0], 2, "same") is None


def test_personal_data_is_neither_stored_nor_reported(posts: PostStream) -> None:
    reading = posts("@ana_g mirad https://example.org/x, llamadme al 612 34 56 78 o a eva@example.org", 0)
    assert reading is not None
    assert reading.subject == OTHER
    for secret in ("ana_g", "example.org", "612"):
        assert secret not in reading.excerpt
        assert secret.encode() not in posts.analyzer.to_row()
