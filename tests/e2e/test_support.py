"""Tests of the support desk: corrections survive a kill, a page is published, and a sender is erased."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from schemas.alerts import ALERTS
from schemas.social import POST_READINGS, POSTS, Post
from schemas.support import ANSWERS, CORRECTIONS, MAILS, TRIAGE, ApprovedAnswer, Mail, SupportTriage, answer_key
from stream.commands.cli import app
from stream.commands.support import send
from stream.features.support.latest_clusters import latest_clusters
from stream.runtime.producer import EventProducer
from tests.e2e.conftest import StackClient, minutes


@pytest.mark.stack
@pytest.mark.timeout(300)
@pytest.mark.workers("support")
def test_support_survives_kill_between_correction_and_reply(
    stack_client: StackClient, evening: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send_mail(number: int, text: str) -> None:
        at = evening + minutes(number)
        mail = Mail(id=f"m{number}", thread=f"t{number}", time=at, text=text, sender="z@x.org")
        with EventProducer(stack_client.settings) as producer:
            producer.send(MAILS, key=mail.thread, value=mail, id=mail.id, source="test", time=at)

    def wait_for_triage(number: int) -> SupportTriage:
        def find() -> SupportTriage | None:
            triages = [one for _, one in stack_client.records(TRIAGE) if one.message == f"m{number}"]
            assert len(triages) < 2
            return triages[0] if triages else None

        triage = stack_client.wait_for(f"mail {number}", find)
        assert triage is not None
        return triage

    send_mail(1, "¿Dónde puedo aparcar el coche, cerca del Zanzíbar?")
    parking = wait_for_triage(1)
    assert parking.topic is not None
    assert parking.suggestion is not None
    send(stack_client.settings, action="topic", topic="balloons", text="When do the hot air balloons rise?", by="ana")
    send(stack_client.settings, action="promote", topic="nothing", cluster="nobody", by="ana")
    stack_client.wait_for("the correction that can't be done", lambda: stack_client.dead_letters(CORRECTIONS))
    stack_client.stack.kill("support")
    stack_client.stack.restart("support")
    send_mail(2, "¿A qué hora suben los globos aerostáticos?")
    taught = wait_for_triage(2)
    assert taught.topic is not None
    assert taught.topic.name == "balloons"

    approved = ApprovedAnswer(
        id="a1", topic="balloons", language="es", question="¿Cuándo suben?", answer="A las siete, si no sopla.",
        by="ana", time=evening,
    )  # fmt: skip
    with EventProducer(stack_client.settings) as producer:
        key = answer_key(approved.topic, approved.language)
        producer.send(ANSWERS, key=key, value=approved, id=approved.id, source="test", time=evening)
    numbers = count(3)

    def send_question() -> int:
        number = next(numbers)  # in the text too, because repeated identical mails count as a mail loop
        send_mail(number, f"¿A qué hora suben los globos aerostáticos hoy? Somos {number}")
        return number

    def suggested_text(number: int) -> str | None:
        suggestion = wait_for_triage(number).suggestion
        return suggestion.text if suggestion else None

    assert (
        stack_client.wait_for("the approved answer is suggested", lambda: suggested_text(send_question()))
        == approved.answer
    )
    stack_client.stack.kill("support")
    waiting = send_question()
    stack_client.stack.restart("support")
    assert suggested_text(waiting) == approved.answer, "a mail sent while the worker was down gets the suggestion, too"

    monkeypatch.setenv("PULSO_DATA", str(stack_client.settings.data))
    monkeypatch.setenv("PULSO_KAFKA", str(stack_client.settings.kafka))
    result = CliRunner().invoke(app, ["faq", "--out", str(tmp_path / "faq"), "--waiting"])
    assert result.exit_code == 0, result.output
    page = (tmp_path / "faq" / "faq.es.html").read_text(encoding="utf-8")
    assert "aparco" in page
    assert "Zanz" not in page
    assert approved.answer in page

    day = evening.astimezone(ZoneInfo("Europe/Madrid")).date()
    result = CliRunner().invoke(app, ["support", "report", "--day", str(day), "--out", str(tmp_path / "report")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "report" / f"support-{day}.es.md").read_text(encoding="utf-8").startswith("# Soporte")

    send(stack_client.settings, action="erase", sender="Z@X.org", by="ana")
    stack_client.wait_for(
        "the erased texts", lambda: not any(cluster.text for cluster in latest_clusters(stack_client.settings))
    )


@pytest.mark.stack
@pytest.mark.timeout(300)
@pytest.mark.workers("support", "alerts")
def test_post_surge_alerts_once_after_worker_kill(stack_client: StackClient, evening: datetime) -> None:
    def send_posts(numbers: range, text: str) -> None:
        with EventProducer(stack_client.settings) as producer:
            for number in numbers:
                at = evening + minutes(number)
                post = Post(id=f"p{number}", network="test", time=at, text=text)
                producer.send(POSTS, key="test", value=post, id=post.id, source="test", time=at)
        stack_client.wait_for(
            "the posts", lambda: len({one.post for _, one in stack_client.records(POST_READINGS)}) > numbers[-1]
        )

    send_posts(range(30), "Recargar la pulsera ha sido un segundo, genial")
    stack_client.stack.kill("support")
    stack_client.stack.restart("support")
    send_posts(range(30, 42), "No puedo recargar la pulsera y nadie ayuda, vaya vergüenza y qué desastre")
    raised = stack_client.wait_for(
        "the alert", lambda: [a for _, a in stack_client.records(ALERTS) if a.rule == "posts-negative"]
    )
    assert len({alert.id for alert in raised}) == 1
    readings = [one for _, one in stack_client.records(POST_READINGS)]
    assert len(readings) == 42
    assert readings[-1].change >= 3
