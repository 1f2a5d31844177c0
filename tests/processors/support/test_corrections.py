"""Corrections apply at once, once, and after a restart; erased mails are removed everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from processors.support.desk import CorrectionError, SupportDesk
from processors.support.mail_analysis import analyze_mail
from processors.support.requests import RequestClassifier
from processors.support.topics import TopicClassifier
from schemas.support import Mail, SupportCorrection, SupportTriage

START = datetime(2026, 7, 4, 18, tzinfo=UTC)
EXAMPLES = {"parking": ["Where can I park?"], "refund": ["I want my money back"]}


def correction(number: int, **fields: object) -> SupportCorrection:
    return msgspec.convert({"id": f"c{number}", "time": START, "by": "ana"} | fields, SupportCorrection)


def triage(desk: SupportDesk, requests: RequestClassifier, number: int, text: str, sender: str = "") -> SupportTriage:
    mail = Mail(id=f"m{number}", thread=f"t{number}", time=START + timedelta(minutes=number), text=text, sender=sender)
    triaged_mail = desk.apply(analyze_mail(mail, requests), number, f"e{number}")
    assert triaged_mail is not None
    return triaged_mail


@pytest.fixture
def desk(requests: RequestClassifier) -> SupportDesk:
    return SupportDesk(None, requests, TopicClassifier(EXAMPLES, requests))


def test_taught_topic_applies_once_and_after_a_restart(desk: SupportDesk, requests: RequestClassifier) -> None:
    assert desk.correct(correction(1, action="topic", topic="balloons", text="¿Cuándo salen los globos?"), 0)
    assert not desk.correct(correction(1, action="topic", topic="balloons", text="¿Cuándo salen los globos?"), 0)
    assert desk.topics == ["parking", "refund", "balloons"]
    restarted = SupportDesk(desk.to_row(), requests, TopicClassifier(EXAMPLES, requests))
    for number, current_desk in enumerate((desk, restarted)):
        triaged_mail = triage(current_desk, requests, number, "What time do the hot air balloons take off?")
        assert triaged_mail.topic is not None
        assert triaged_mail.topic.name == "balloons"


def test_second_correction_of_a_text_replaces_the_first(desk: SupportDesk, requests: RequestClassifier) -> None:
    text = "The rope around my pitch has been moved"
    desk.correct(correction(1, action="topic", topic="parking", text=text), 0)
    desk.correct(correction(2, action="topic", topic="camping", text=text), 1)
    triaged_mail = triage(desk, requests, 1, text)
    assert triaged_mail.topic is not None
    assert triaged_mail.topic.name == "camping"


def test_promoted_cluster_becomes_a_topic(desk: SupportDesk, requests: RequestClassifier) -> None:
    triaged_mail = triage(desk, requests, 1, "When do the hot air balloons rise?")
    desk.correct(correction(1, action="promote", topic="balloons", cluster=triaged_mail.cluster), 0)
    later = triage(desk, requests, 2, "¿A qué hora suben los globos aerostáticos?")
    assert later.topic is not None
    assert later.topic.name == "balloons"


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "topic", "topic": "parking"},
        {"action": "topic", "text": "where?"},
        {"action": "promote", "topic": "parking", "cluster": "nobody"},
        {"action": "erase"},
    ],
)
def test_unusable_correction_error_states_why(desk: SupportDesk, fields: dict[str, str]) -> None:
    with pytest.raises(CorrectionError, match=r"needs|no cluster"):
        desk.correct(correction(1, **fields), 0)
    # The record was applied: a retry changes nothing.
    assert not desk.correct(correction(1, **fields), 0)


def test_erase_removes_a_senders_mails_everywhere(desk: SupportDesk, requests: RequestClassifier) -> None:
    triaged = triage(
        desk, requests, 1, "Mi loro Paquito se ha comido las entradas del sábado", "Eva Sol <Eva@Example.org>"
    )
    triage(desk, requests, 2, "Where can I park my purple van?", "b@example.org")
    desk.correct(correction(1, action="topic", topic="pets", text="Mi loro Paquito", message=triaged.message), 0)
    assert b"Paquito" in desk.to_row()
    desk.correct(correction(2, action="erase", sender="eva@example.ORG"), 1)
    row = desk.to_row()
    assert b"Paquito" not in row
    assert b"paquito" not in row
    assert b"purple" in row
    assert "pets" not in desk.topics


def test_erase_removes_one_message(desk: SupportDesk, requests: RequestClassifier) -> None:
    triage(desk, requests, 1, "Where can I park my purple van?", "a@example.org")
    triage(desk, requests, 2, "When will I get my money for the cancelled day?", "a@example.org")
    desk.correct(correction(1, action="erase", message="m1"), 0)
    row = desk.to_row()
    assert b"purple" not in row
    assert b"cancelled" in row
