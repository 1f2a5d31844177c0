"""The support page and the FAQ page: replies, approvals, and no personal data for the public."""

from __future__ import annotations

import uuid

import httpx
import msgspec
import pytest
from playwright.sync_api import Page, expect

from schemas.support import ANSWERS, ApprovedAnswer
from stream.runtime.topic_reader import read_all
from tests.console.conftest import ConsoleStack, OpenPage, api_client, wait_until
from tests.console.test_pages import PHONE, serious_violations

pytestmark = pytest.mark.stack


def approved_answers(console_stack: ConsoleStack) -> list[ApprovedAnswer]:
    messages = read_all(console_stack.stack.settings, ANSWERS.name)
    return [msgspec.json.decode(message.value(), type=ApprovedAnswer) for message in messages]


def open_mail(page: Page, summary: str) -> None:
    page.locator("#mails summary", has_text=summary).click()


def test_support_page_shows_clusters_and_urgent_mails_first(open_page: OpenPage) -> None:
    page = open_page("sue", "/support?q=entrada")
    expect(page.locator("#clusters h2").first).to_have_text("entrada · código")
    expect(page.locator("#clusters .surge").first).to_have_text("5 times the usual pace")
    expect(page.locator("#mails li").first.locator(".priority")).to_have_text("Urgent")
    expect(page.locator("#mails li")).to_have_count(6)
    page.select_option("[name=priority]", "normal")
    expect(page.locator("#mails li")).to_have_count(5)
    assert "priority=normal" in page.url
    page.reload()
    expect(page.locator("#mails li")).to_have_count(5)


def test_suggested_reply_is_edited_copied_and_approved(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    console_stack.send_mail(
        "refund-1", "¿Me devuelven el pedido FE-77123?", topic="refund", facts={"order": ("FE-77123",)}
    )
    page = open_page("sue", "/support?q=FE-77123", permissions=["clipboard-read", "clipboard-write"])
    open_mail(page, "FE-77123")
    expect(page.locator(".named")).to_have_text("Order: FE-77123")
    expect(page.locator(".why")).to_contain_text("topic “refund” with confidence")
    reply = page.locator("textarea.reply")
    expect(reply).to_have_value("Hemos abierto la solicitud del pedido FE-77123.")
    reply.fill("El pedido FE-77123 se devuelve en tres días.")
    page.locator(".copy").click()
    expect(page.locator(".told")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "El pedido FE-77123 se devuelve en tres días."
    console_stack.send_mail("refund-2", "Otro correo, otra cosa", topic="refund")
    page.fill("[name=q]", "")
    expect(page.locator('#mails > li[data-key="refund-2"]')).to_be_visible()
    expect(reply).to_have_value("El pedido FE-77123 se devuelve en tres días.")

    page.locator(".approve summary").click()
    expect(page.locator("textarea.answer")).to_have_value("El pedido {order} se devuelve en tres días.")
    page.locator("textarea.without-facts").fill("Se devuelve en tres días.")
    page.locator(".approve-now").click()
    expect(page.locator(".told")).to_have_text("Done: Approve")
    (one,) = [each for each in approved_answers(console_stack) if each.topic == "refund"]
    assert (one.language, one.answer, one.by) == ("es", "El pedido {order} se devuelve en tres días.", "sue")
    assert not one.automatic

    def public_faq() -> str:
        return httpx.get(f"{console_stack.url}/api/faq?language=es").text

    wait_until(lambda: "Se devuelve en tres días." in public_faq())
    assert any(row[b"what"] == b"answer-approved" for _, row in console_stack.redis.xrange("pulso:audit"))
    expect(page.locator(".owner")).to_have_text("Approved by sue.")
    page.locator(".withdraw").click()
    wait_until(lambda: approved_answers(console_stack)[-1].withdrawn)
    wait_until(lambda: "tres días" not in public_faq())


def test_spanish_page_shows_topics_and_reasons_in_spanish(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    console_stack.send_mail(
        "spanish-1", "Quiero mi dinero del pedido FE-88", topic="refund", facts={"order": ("FE-88",)}
    )
    page = open_page("sue", "/support?q=FE-88", locale="es-ES")
    row = page.locator('#mails > li[data-key="spanish-1"]')
    expect(row.locator(".topic")).to_have_text("devolución")
    open_mail(page, "FE-88")
    expect(row.locator(".why")).to_contain_text("tema «devolución», confianza 0.")
    expect(row.locator(".why")).to_contain_text("Pedido: FE-88")
    page.fill("[name=q]", "devolución")
    expect(row).to_be_visible()


def test_answer_with_personal_data_is_refused(console_stack: ConsoleStack) -> None:
    facts = {"order": ("QX-5512",), "amount": ("45 €",)}
    console_stack.send_mail("private-1", "Pedido QX-5512 y 45 €", topic="refund", facts=facts)
    good = {"topic": "refund", "language": "es", "question": "¿Y?", "answer": "Sí.", "message": "private-1"}
    with api_client(console_stack, "sue") as (client, csrf):
        client.headers["X-Pulso-CSRF"] = csrf
        wait_until(lambda: "private-1" in client.get("/api/now/support").text)
        for change in (
            {"answer": "Escriba a ana.gil@correo.es"},
            {"question": "¿Y mi pedido QX-5512?"},
            {"without_facts": "Son 45 €"},
            {"answer": ""},
            {"answer": "Hola {sender}"},
            {"language": "fr"},
        ):
            response = client.post("/api/support/answers", json=good | {"id": uuid.uuid4().hex} | change)
            assert response.status_code == 422, (change, response.text)
    with api_client(console_stack, "sara") as (client, csrf):
        csrf_headers = {"X-Pulso-CSRF": csrf}
        refused = client.post("/api/support/answers", json=good | {"id": uuid.uuid4().hex}, headers=csrf_headers)
        assert refused.status_code == 403
    assert not [one for one in approved_answers(console_stack) if "QX-5512" in one.question + one.answer]


def test_faq_page_needs_no_login_and_is_live(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    console_stack.send_mail("public-1", "secreto-de-alguien", topic="camping", cluster="tents")
    page = open_page(None, "/faq", locale="es-ES")
    expect(page.locator("h1")).to_have_text("Preguntas frecuentes")
    expect(page.locator("#questions summary").first).to_be_visible()
    assert "secreto-de-alguien" not in page.content()
    assert serious_violations(page) == []
    page.locator("#questions summary", has_text="camping").click()
    expect(page.locator("#questions details[open] p")).to_contain_text("taquillas")
    for number in range(30):
        console_stack.send_mail(f"asked-{number}", "¿camping?", topic="camping", cluster="tents", size=number + 2)
    wait_until(lambda: httpx.get(f"{console_stack.url}/api/faq?language=es").json()[0]["topic"] == "camping")
    expect(page.locator("#questions details").first).to_have_attribute("data-key", "camping", timeout=25_000)
    expect(page.locator("#questions details[open]")).to_have_count(1)
    page.fill("#find", "FACTURA")
    expect(page.locator("#questions details:visible")).to_have_count(1)
    page.click("a[hreflang=en]")
    expect(page.locator("h1")).to_have_text("Frequently asked questions")


def test_support_page_works_on_a_phone_and_with_the_keyboard(console_stack: ConsoleStack, open_page: OpenPage) -> None:
    console_stack.send_mail("keys-1", "teclado y nada más", topic="refund")
    page = open_page("sue", "/support?q=teclado", **PHONE)
    expect(page.locator("#mails > li")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("textarea.reply")).to_be_visible()
    page.locator(".approve summary").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious_violations(page) == []
