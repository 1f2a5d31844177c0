"""The support and social agents without Kafka, with the shipped models."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from prometheus_client import REGISTRY

from schemas.social import POST_READINGS, POSTS, Post
from schemas.support import CLUSTERS, CORRECTIONS, MAILS, TRIAGE, Mail, SupportCorrection
from schemas.venue import Venue
from stream.features import registry
from stream.runtime.testing import TestDriver
from stream.sources.mime import read_message

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def driver() -> TestDriver:
    return TestDriver(registry.agents_of("support"), Venue(name="Test"), worker="support")


def mail(number: int, text: str) -> Mail:
    return Mail(id=f"m{number}", thread=f"m{number}", time=AT, subject="", text=text, sender=f"p{number}@example.org")


async def test_mails_are_triaged_once(driver: TestDriver) -> None:
    texts = ["Una chica se ha desmayado junto al escenario", "¿A qué hora abren las puertas?"]
    events = [driver.event(MAILS, f"m{n}", mail(n, text)) for n, text in enumerate(texts)]
    urgent, normal = (await driver.send_events(MAILS, events)).of(TRIAGE)
    assert (urgent.priority, normal.priority) == ("urgent", "normal")
    repeated = await driver.send_events(MAILS, events)
    assert not repeated.of(TRIAGE)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"pulso_mails_{name}_total", labels) or 0.0


async def test_mail_that_is_not_answered_or_comes_again_is_counted(driver: TestDriver) -> None:
    before = {name: counted(name) for name in ("repeated", "old")} | {"set": counted("set_aside", reason="automatic")}
    away = msgspec.structs.replace(mail(20, "No estoy"), subject="Respuesta automática: hola")
    old = msgspec.structs.replace(mail(21, "¿Hay bus?"), old=True)
    events = [driver.event(MAILS, one.id, one) for one in (away, old)]
    assert len((await driver.send_events(MAILS, events)).of(TRIAGE)) == 2
    again = [driver.event(MAILS, "m21", old)]
    assert not (await driver.send_events(MAILS, again)).of(TRIAGE)
    assert counted("old") == before["old"] + 1
    assert counted("repeated") == before["repeated"] + 1
    assert counted("set_aside", reason="automatic") == before["set"] + 1


async def test_customer_of_a_web_form_is_forgotten_by_address() -> None:
    driver = TestDriver(registry.agents_of("support"), Venue(name="Test"), worker="support")
    data = b"From: Web <web@f.org>\r\nReply-To: Eva <eva@x.org>\r\nSubject: web\r\n\r\nIs there a bus back at night?"
    form = read_message(data, AT)
    effects = await driver.send_events(MAILS, [driver.event(MAILS, form.id, form)])
    assert {cluster.text != "" for cluster in effects.of(CLUSTERS)[0].clusters} == {True}
    erase = SupportCorrection(id="c", time=AT, by="ana", action="erase", sender="eva@x.org")
    (overview,) = (await driver.send(CORRECTIONS, erase.id, erase)).of(CLUSTERS)
    assert not overview.clusters


async def test_clusters_are_published_and_erased_texts_leave_them() -> None:
    driver = TestDriver(registry.agents_of("support"), Venue(name="Test"), worker="support")
    texts = ["¿Dónde puedo aparcar el coche?", "¿Hay aparcamiento cerca, por favor?"]
    effects = await driver.send_events(
        MAILS, [driver.event(MAILS, f"m{n}", mail(n, text)) for n, text in enumerate(texts)]
    )
    (overview,) = effects.of(CLUSTERS)
    assert sum(cluster.mails for cluster in overview.clusters) == 2
    assert {cluster.topic for cluster in overview.clusters} == {"travel and parking"}
    assert any("aparca" in cluster.text for cluster in overview.clusters)
    for number in (0, 1):
        erase = SupportCorrection(id=f"c{number}", time=AT, by="ana", action="erase", sender=f"p{number}@example.org")
        (overview,) = (await driver.send(CORRECTIONS, erase.id, erase)).of(CLUSTERS)
    assert not any(cluster.text or cluster.label for cluster in overview.clusters)
    repeated = await driver.send_events(MAILS, [driver.event(MAILS, "m0", mail(0, texts[0]))])
    assert not repeated.of(TRIAGE)


async def test_correction_of_unknown_cluster_is_rejected(driver: TestDriver) -> None:
    correction = SupportCorrection(id="c1", time=AT, by="ana", action="promote", cluster="c-none", topic="doors")
    effects = await driver.send(CORRECTIONS, "c1", correction)
    assert "c-none" in effects.rejections[0]


async def test_posts_are_read_with_the_same_models(driver: TestDriver) -> None:
    post = Post(id="p1", network="x", time=AT, text="¡Qué concierto tan maravilloso!")
    (reading,) = (await driver.send(POSTS, "x", post)).of(POST_READINGS)
    assert (reading.language, reading.sentiment) == ("es", "positive")
