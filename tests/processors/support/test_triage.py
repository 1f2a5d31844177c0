"""Facts, sentiment, set-aside mail and suggestions of the whole desk."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from processors.social.sentiment import SentimentClassifier
from processors.support.answers import AnswerCatalogue, AnswersFileError, read_answers
from processors.support.desk import SupportDesk
from processors.support.encoder import Encoder
from processors.support.facts import extract_facts
from processors.support.mail_analysis import analyze_mail
from processors.support.requests import RequestClassifier
from processors.support.topics import TopicClassifier, read_topics, topic_examples
from schemas.support import Mail, SupportTriage

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "deploy" / "support"
START = datetime(2026, 7, 4, 18, tzinfo=UTC)


class TriageDesk:
    """Support desk with the shipped topics and answers; each mail arrives a minute after the last."""

    def __init__(self, requests: RequestClassifier, sentiment: SentimentClassifier) -> None:
        topics = TopicClassifier(topic_examples(read_topics(SHIPPED / "topics.yaml")), requests)
        self.desk = SupportDesk(None, requests, topics, read_answers(SHIPPED / "answers.yaml"))
        self._requests, self._sentiment, self._number = requests, sentiment, -1

    def __call__(self, text: str, **fields: object) -> SupportTriage:
        self._number += 1
        number = self._number
        mail = msgspec.convert(
            {"id": f"m{number}", "thread": "t", "time": START + timedelta(minutes=number), "text": text} | fields, Mail
        )
        triaged = self.desk.apply(analyze_mail(mail, self._requests, self._sentiment), number, f"e{number}")
        assert triaged is not None
        msgspec.convert(msgspec.to_builtins(triaged), SupportTriage)
        return triaged


@pytest.fixture(scope="module")
def sentiment(encoder: Encoder) -> SentimentClassifier:
    return SentimentClassifier.load(encoder)


@pytest.fixture
def desk(requests: RequestClassifier, sentiment: SentimentClassifier) -> TriageDesk:
    return TriageDesk(requests, sentiment)


def test_suggestion_has_facts_and_reasons(desk: TriageDesk) -> None:
    triaged = desk("Pagué el lunes y no me han llegado las entradas. El pedido es el FE-20931.")
    assert triaged.facts["order"] == ("FE-20931",)
    assert triaged.suggestion is not None
    assert "FE-20931" in triaged.suggestion.text
    assert "lost ticket" in triaged.suggestion.why
    assert "order FE-20931" in triaged.suggestion.why
    named = [(one.kind, one.name) for one in triaged.suggestion.reasons]
    assert named[:2] == [("topic", "lost ticket"), ("fact", "order")]
    assert triaged.suggestion.reasons[1].value == "FE-20931"
    assert not triaged.suggestion.automatic


def test_suggestion_asks_for_a_missing_fact(desk: TriageDesk) -> None:
    triaged = desk("I paid last week and my tickets never arrived by mail")
    assert triaged.suggestion is not None
    assert "order number" in triaged.suggestion.text
    assert "names no order" in triaged.suggestion.why
    assert ("missing", "order") in [(one.kind, one.name) for one in triaged.suggestion.reasons]


def test_urgent_or_foreign_mail_gets_no_suggestion(desk: TriageDesk) -> None:
    assert desk("Someone fainted next to the bar and needs a doctor").suggestion is None
    assert desk("Bonjour, où est mon billet ? Merci de votre aide").suggestion is None
    assert desk("The toilets are filthy and nobody cleans them").suggestion is None  # no answer was approved


def test_mail_sentiment_is_classified(desk: TriageDesk) -> None:
    assert desk("Una vergüenza de organización, dos horas de cola, no vuelvo").sentiment == "negative"
    assert desk("Thank you so much, we had a wonderful weekend!").sentiment == "positive"


def test_advertising_and_automatic_mail_is_set_aside(desk: TriageDesk) -> None:
    phishing = "Estimado cliente, su cuenta será suspendida. Verifique su contraseña en http://banco.example/login hoy"
    assert desk(phishing).set_aside == "phishing"
    assert desk("We put your website on the first page of Google, SEO packages and backlinks").set_aside == "spam"
    automatic = desk("I am out of the office", automatic=True)
    assert (automatic.set_aside, automatic.suggestion, automatic.cluster) == ("automatic", None, None)
    assert not desk.desk.clusters


def test_mail_loop_is_set_aside(desk: TriageDesk) -> None:
    text = "Thank you for your message, where can I park? Your ticket number will follow."
    triaged = [desk(text, **{"from": "robot@example.org"}).set_aside for _ in range(4)]
    assert triaged == [None, None, "loop", "loop"]
    assert desk(text, **{"from": "someone@example.org"}).set_aside is None


def test_at_most_three_customer_mails_are_set_aside(desk: TriageDesk) -> None:
    lines = (Path(__file__).parent / "festival_mails.jsonl").read_text(encoding="utf-8").splitlines()
    mails = [json.loads(line) for line in lines]
    ordinary = [one for one in mails if one["topic"] != "advertising and fraud"]
    set_aside = [one for one in ordinary if desk(one["body"], subject=one.get("subject", "")).set_aside]
    assert len(set_aside) <= 3, set_aside


def test_facts_of_malicious_mail_take_bounded_time() -> None:
    began = time.process_time()
    for text in ("pedido " * 5_000, "1" * 100_000, "a las 1:1" * 10_000, "#" * 50_000, "ref: " * 20_000):
        extract_facts(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- topic: a", "give es, en or both"),
        ("- {topic: a, en: {question: q, answer: 'your {shoe}'}}", "{shoe} is not a fact"),
        ("- {topic: a, en: {question: q, answer: 'your {order'}}", "braces"),
        ("- {topic: a, en: {question: q, answer: 'b'}}\n- {topic: a, en: {question: q, answer: 'b'}}", "two answers"),
        ("a: b", "list"),
        ("- [", "answers.yaml"),
    ],
)
def test_invalid_answers_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(AnswersFileError, match=message):
        read_answers(path)


def test_answer_is_automatic_only_if_marked_and_sure() -> None:
    from processors.support.answers import AUTOMATIC_NOTICE, LocalizedAnswer, TopicAnswer
    from schemas.support import MailTopic as Topic

    text = LocalizedAnswer(question="May I come back in?", answer="Yes.")
    answers = AnswerCatalogue([TopicAnswer(topic="re-entry", en=text, automatic=True, limit=0.9)])
    certain, uncertain = Topic(name="re-entry", confidence=0.95), Topic(name="re-entry", confidence=0.85)
    other = Topic(name="parking", confidence=0.7)
    triaged = answers.suggest([certain], "en", {}, "normal")
    assert triaged is not None
    assert triaged.automatic
    assert AUTOMATIC_NOTICE["en"] in triaged.text
    for topics, priority, attachments in (
        ([uncertain], "normal", 0),
        ([certain, other], "normal", 0),
        ([certain], "high", 0),
        ([certain], "normal", 1),
    ):
        triaged = answers.suggest(topics, "en", {}, priority, attachments)  # type: ignore[arg-type]
        assert triaged is not None
        assert not triaged.automatic
