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
from tests.e2e.conftest import Outside, minutes


@pytest.mark.stack
@pytest.mark.timeout(300)
@pytest.mark.workers("support")
def test_support_survives_kill_between_correction_and_reply(
    outside: Outside, evening: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(number: int, text: str) -> None:
        at = evening + minutes(number)
        mail = Mail(id=f"m{number}", thread=f"t{number}", time=at, text=text, sender="z@x.org")
        with EventProducer(outside.settings) as producer:
            producer.send(MAILS, key=mail.thread, value=mail, id=mail.id, source="test", time=at)

    def triaged(number: int) -> SupportTriage:
        def answer() -> SupportTriage | None:
            found = [one for _, one in outside.records(TRIAGE) if one.message == f"m{number}"]
            assert len(found) < 2
            return found[0] if found else None

        found = outside.wait(f"mail {number}", answer)
        assert found is not None
        return found

    write(1, "¿Dónde puedo aparcar el coche, cerca del Zanzíbar?")
    parking = triaged(1)
    assert parking.topic is not None
    assert parking.suggestion is not None
    send(outside.settings, action="topic", topic="balloons", text="When do the hot air balloons rise?", by="ana")
    send(outside.settings, action="promote", topic="nothing", cluster="nobody", by="ana")
    outside.wait("the correction that can't be done", lambda: outside.dead(CORRECTIONS))
    outside.stack.kill("support")
    outside.stack.restart("support")
    write(2, "¿A qué hora suben los globos aerostáticos?")
    taught = triaged(2)
    assert taught.topic is not None
    assert taught.topic.name == "balloons"

    approved = ApprovedAnswer(
        id="a1", topic="balloons", language="es", question="¿Cuándo suben?", answer="A las siete, si no sopla.",
        by="ana", time=evening,
    )  # fmt: skip
    with EventProducer(outside.settings) as producer:
        key = answer_key(approved.topic, approved.language)
        producer.send(ANSWERS, key=key, value=approved, id=approved.id, source="test", time=evening)
    numbers = count(3)

    def ask() -> int:
        number = next(numbers)  # in the text too: the same words again and again are a loop between machines
        write(number, f"¿A qué hora suben los globos aerostáticos hoy? Somos {number}")
        return number

    def suggested(number: int) -> str | None:
        suggestion = triaged(number).suggestion
        return suggestion.text if suggestion else None

    assert outside.wait("the approved answer is suggested", lambda: suggested(ask())) == approved.answer
    outside.stack.kill("support")
    waiting = ask()
    outside.stack.restart("support")
    assert suggested(waiting) == approved.answer, "not even a mail that waited for the worker goes without it"

    monkeypatch.setenv("PULSO_DATA", str(outside.settings.data))
    monkeypatch.setenv("PULSO_KAFKA", str(outside.settings.kafka))
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

    send(outside.settings, action="erase", sender="Z@X.org", by="ana")
    outside.wait("forgotten", lambda: not any(cluster.text for cluster in latest_clusters(outside.settings)))


@pytest.mark.stack
@pytest.mark.timeout(300)
@pytest.mark.workers("support", "alerts")
def test_post_surge_alerts_once_after_worker_kill(outside: Outside, evening: datetime) -> None:
    def write(numbers: range, text: str) -> None:
        with EventProducer(outside.settings) as producer:
            for number in numbers:
                at = evening + minutes(number)
                post = Post(id=f"p{number}", network="test", time=at, text=text)
                producer.send(POSTS, key="test", value=post, id=post.id, source="test", time=at)
        outside.wait("the posts", lambda: len({one.post for _, one in outside.records(POST_READINGS)}) > numbers[-1])

    write(range(30), "Recargar la pulsera ha sido un segundo, genial")
    outside.stack.kill("support")
    outside.stack.restart("support")
    write(range(30, 42), "No puedo recargar la pulsera y nadie ayuda, vaya vergüenza y qué desastre")
    raised = outside.wait("the alert", lambda: [a for _, a in outside.records(ALERTS) if a.rule == "posts-negative"])
    assert len({alert.id for alert in raised}) == 1
    readings = [one for _, one in outside.records(POST_READINGS)]
    assert len(readings) == 42
    assert readings[-1].change >= 3
