"""Page of questions: most asked first, approved answers only, no text of a customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from processors.support.answers import AnswerCatalogue, AnswersFileError, LocalizedAnswer, TopicAnswer, read_answers
from processors.support.desk import SupportDesk
from processors.support.faq import faq_entries, faq_html, faq_markdown, most_asked_entries, unanswered_clusters
from processors.support.mail_analysis import analyze_mail
from processors.support.requests import RequestClassifier
from processors.support.topics import TopicClassifier, read_topics, topic_examples
from schemas.support import ApprovedAnswer, ClusterSummary, Mail

SHIPPED = Path(__file__).parents[3] / "deploy" / "support"
START = datetime(2026, 7, 4, 18, tzinfo=UTC)
MAILS = (
    "¿Dónde puedo aparcar el coche?", "Where can I park my car?", "¿Hay aparcamiento cerca, por favor?",
    "Can I leave and come back in?", "The toilets by the Zanzibar tent are filthy",
)  # fmt: skip


@pytest.fixture
def desk(requests: RequestClassifier) -> SupportDesk:
    desk = SupportDesk(None, requests, TopicClassifier(topic_examples(read_topics(SHIPPED / "topics.yaml")), requests))
    for number, text in enumerate(MAILS):
        mail = Mail(id=f"m{number}", thread="t", time=START + timedelta(minutes=number), text=text)
        desk.apply(analyze_mail(mail, requests), number, f"e{number}")
    return desk


def summaries(desk: SupportDesk) -> list[ClusterSummary]:
    return [cluster.summary() for cluster in desk.clusters]


def test_faq_lists_most_asked_first_in_both_languages(desk: SupportDesk) -> None:
    answers = read_answers(SHIPPED / "answers.yaml")
    for language in ("es", "en"):
        entries = faq_entries(summaries(desk), answers, language)
        assert [(one.topic, one.mails) for one in entries] == [("travel and parking", 3), ("re-entry", 1)]
        html, markdown = faq_html(entries, language), faq_markdown(entries, language)
        for page in (html, markdown):
            assert page.index(entries[0].question.split(",")[0]) < page.index(entries[1].question)
            assert "Zanzibar" not in page
        assert f'<html lang="{language}">' in html


def test_unanswered_clusters_are_listed_for_staff(desk: SupportDesk) -> None:
    entries = unanswered_clusters(summaries(desk), read_answers(SHIPPED / "answers.yaml"))
    assert [(one.topic, one.mails) for one in entries] == [("complaint", 1)]
    assert "Zanzibar" in entries[0].text


def test_faq_answers_are_escaped(desk: SupportDesk) -> None:
    text = LocalizedAnswer(question="<b>Parking</b>?", answer="See [here](http://x) & <script>alert(1)</script>")
    entries = faq_entries(summaries(desk), AnswerCatalogue([TopicAnswer(topic="travel and parking", en=text)]), "en")
    assert "<script>" not in faq_html(entries, "en")
    assert "<script>" not in faq_markdown(entries, "en").replace("\\<", "")


def approved(text: str, **changes: object) -> ApprovedAnswer:
    fields = {"id": "1", "topic": "re-entry", "language": "es", "question": "¿Se puede volver?", "answer": text}
    return msgspec.convert(fields | {"by": "sue", "time": START} | changes, ApprovedAnswer)


def test_approved_answer_replaces_the_file_until_withdrawn() -> None:
    answers = read_answers(SHIPPED / "answers.yaml")
    file = answers.by_topic["re-entry"]
    answers.approve(approved("Solo hasta las diez."))
    current = answers.by_topic["re-entry"]
    assert current.es is not None and current.es.answer == "Solo hasta las diez."
    assert (current.en, current.automatic) == (file.en, False), (
        "a new text is not sent automatically until it is marked"
    )
    answers.approve(approved("", withdrawn=True))
    assert answers.by_topic["re-entry"] == file
    answers.approve(approved("A las siete.", topic="balloons"))
    assert [one.answer for one in most_asked_entries({"balloons": 2}, answers, "es")] == ["A las siete."]
    answers.approve(approved("", topic="balloons", withdrawn=True))
    assert "balloons" not in answers.by_topic
    for invalid in ("", "Hola {sender}", "{order"):
        with pytest.raises(AnswersFileError):
            answers.approve(approved(invalid))


def test_answer_that_needs_facts_is_not_on_the_page() -> None:
    answers = read_answers(SHIPPED / "answers.yaml")
    answers.approve(approved("Pedido {order}: sí."))
    assert most_asked_entries({"re-entry": 1}, answers, "es") == []
    answers.approve(approved("Pedido {order}: sí.", without_facts="Sí."))
    assert [one.answer for one in most_asked_entries({"re-entry": 1}, answers, "es")] == ["Sí."]
