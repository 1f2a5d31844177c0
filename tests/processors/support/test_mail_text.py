"""Extraction of the customer's own words, and masking of personal data."""

from __future__ import annotations

import time

import pytest

from processors.support.mail_text import MAX_BODY, MAX_SUBJECT, customer_text, split_sentences
from processors.support.privacy import mask_personal_data


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        (
            "RE: entrada",
            "Sigue sin funcionar.\n\nEnviado desde mi iPhone\n\n"
            "El mar, 3 jun 2026 a las 10:00, S <s@x.org> escribió:\n> a",
            "entrada. Sigue sin funcionar.",
        ),
        ("", "I need help.\n\n--\nJohn Smith\nSales Manager\n+44 20 7946 0958", "I need help."),
        ("Fwd: Bus", "------ Forwarded message ------\nFrom: Ana <a@b.c>\n\nIs there a bus?", "Bus. Is there a bus?"),
        ("", "> only what was quoted", "only what was quoted"),
        ("", "<div>Hola<br>adiós</div><blockquote>old</blockquote>", "Hola adiós"),
        ("Parking", "", "Parking"),
        ("", "", ""),
        ("a", "\x00\x01 broken \ufffd text", "a. broken text"),
    ],
)  # fmt: skip
def test_customer_text_without_quotes_and_signature(subject: str, text: str, expected: str) -> None:
    assert customer_text(subject, text) == expected


@pytest.mark.parametrize(
    "text",
    ["On " * 30_000, "\n" * 90_000, "<div>" * 20_000, "<" * 90_000, "> " * 40_000, "-" * 90_000, "a" * 90_000,
     "1-" * 40_000, "a@" * 40_000, "From: x\n" * 10_000, "<p " * 30_000],
    ids=lambda text: repr(text[:6]),
)  # fmt: skip
def test_malicious_mail_is_read_in_bounded_time(text: str) -> None:
    began = time.process_time()
    words = customer_text(text, text)
    mask_personal_data(words)
    split_sentences(words)
    assert len(words) <= MAX_BODY + MAX_SUBJECT + 2
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call 612345678 or (555) 123-4567 or +34 612 34 56 78", "call [phone] or [phone] or [phone]"),
        ("card 4111-1111-1111-1111 please", "card [card] please"),
        ("IBAN ES91 2100 0418 4502 0005 1332", "IBAN [iban]"),
        ("Mi pedido es PX12345", "Mi pedido es [order]"),
        ("pedido nº 12345-AB, order #98765", "pedido nº [order], order #[order]"),
        ("Soy Ana Gil y soy celíaca", "Soy [name] y soy celíaca"),
        ("a.b@c.es / https://x.org/u?a=1", "[mail] / [link]"),
        ("el 14/07/2026 a las 22:30, 3 entradas, 120 euros", "el 14/07/2026 a las 22:30, 3 entradas, 120 euros"),
        ("on 2026-07-14 at 22:30", "on 2026-07-14 at 22:30"),
    ],
)
def test_personal_data_is_masked(text: str, expected: str) -> None:
    assert mask_personal_data(text) == expected


def test_forwarded_chain_keeps_the_question() -> None:
    text = (
        "FYI\n\n---------- Forwarded message ---------\nFrom: Luis <l@x.es>\nDate: Sat, 4 Jul 2026 at 20:00\n"
        "Subject: Fwd: bus\nTo: Ana <a@b.c>\n\nMira esto\n\n---------- Forwarded message ---------\n"
        "De: Eva <e@x.es>\nFecha: vie, 3 jul 2026\nAsunto: bus\nPara: Luis\n\n¿Hay bus de vuelta a las tres?\n"
    )
    question = customer_text("Fwd: Fwd: bus", text)
    assert "¿Hay bus de vuelta a las tres?" in question
    assert "@" not in question
    assert "Luis" not in question
