"""Charsets and transfer encodings that are not what they declare; senders, ids and dates."""

# ruff: noqa: E501 - mails are easier to read unbroken

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from stream.sources.mime import read_message, read_received

NOW = datetime(2026, 7, 4, 22, tzinfo=UTC)
TEXT = "¿Dónde está el baño? Mi niña está sola y tiene frío, estamos aquí detrás"


def message(body: bytes, *headers: str) -> bytes:
    return "\r\n".join((*headers, "", "")).encode() + body


def text_of(body: bytes, charset: str, encoding: str = "8bit") -> str:
    headers = (f"Content-Type: text/plain; charset={charset}", f"Content-Transfer-Encoding: {encoding}")
    return read_message(message(body, "Subject: s", *headers), NOW).text.strip()


@pytest.mark.parametrize(
    ("body", "charset", "expected"),
    [
        ("“son 45 €” – dice".encode("cp1252"), "iso-8859-1", "“son 45 €” – dice"),
        ("“son 45 €”".encode("cp1252"), "us-ascii", "“son 45 €”"),
        ("“son 45 €”".encode("cp1252"), "iso-8859-15", "“son 45 €”"),
        (TEXT.encode(), "iso-8859-1", TEXT),
        (TEXT.encode(), "windows-1252", TEXT),
        (TEXT.encode(), "us-ascii", TEXT),
        (TEXT.encode(), "utf8mb4", TEXT),
        (TEXT.encode("latin-1"), "utf-8", TEXT),
        (TEXT.encode("latin-1"), "x-user-defined", TEXT),
        (TEXT.encode() + b" \xe2\x80 fin", "utf-8", TEXT + " \ufffd fin"),
        (TEXT.encode() + b" a\xf1o", "utf-8", TEXT + " año"),
        (TEXT.encode().decode("cp1252", "replace").replace("\ufffd", "").encode(), "utf-8", None),
        ("Están aquí, señor".encode().decode("latin-1").encode(), "utf-8", "Están aquí, señor"),
        ("Están aquí".encode("utf-16"), "utf-16", "Están aquí"),
        ("Здравствуйте".encode("koi8-r"), "koi8-r", "Здравствуйте"),
        ("助けて".encode("iso-2022-jp"), "iso-2022-jp", "助けて"),
    ],
)
def test_text_is_decoded_despite_a_wrong_label(body: bytes, charset: str, expected: str | None) -> None:
    text = text_of(body, charset)
    assert text == expected if expected is not None else text


ENCODED = base64.encodebytes(TEXT.encode())


@pytest.mark.parametrize(
    "body",
    [
        ENCODED,
        ENCODED.rstrip(b"=\n"),
        ENCODED + b"\n-- \nPie de la lista *** antivirus\n",
        ENCODED + b"\nAntivirus\n",
        ENCODED.replace(b"\n", b"\r\n\r\n"),
        ENCODED[:-5] + b"\n\n___\npie\n",
    ],
)
def test_damaged_base64_is_decoded(body: bytes) -> None:
    assert text_of(body, "utf-8", "base64").startswith(TEXT[:60])


def test_text_that_is_not_base64_is_read_as_it_is() -> None:
    assert text_of(TEXT.encode(), "utf-8", "base64") == TEXT


def test_undeclared_transfer_encodings_are_decoded() -> None:
    assert text_of(ENCODED, "utf-8", "7bit") == TEXT
    assert text_of(b"D=C3=B3nde est=C3=A1 el ni=C3=B1o", "utf-8", "8bit") == "Dónde está el niño"
    assert text_of(b"a=b, c=d y 2=2", "utf-8") == "a=b, c=d y 2=2"


@pytest.mark.parametrize(
    "raw",
    [
        "Niño perdido".encode(),
        "Niño perdido".encode("latin-1"),
        b"=?utf-8?q?Ni=C3=B1o_perdido?=",
        b"=?utf-8?b?TmnDsQ==?= =?utf-8?b?byBwZXJkaWRv?=",
        b"=?utf-8?b?TmnD?= =?utf-8?b?sW8gcGVyZGlkbw==?=",
        b"=?iso-8859-1?q?Ni=C3=B1o?= perdido",
        b"=?unknown?q?Ni=F1o?= perdido",
        b"=?utf-8?q?Ni=F1o?= perdido",
    ],
)
def test_subject_is_decoded(raw: bytes) -> None:
    assert read_message(b"Subject: " + raw + b"\r\n\r\nx", NOW).subject == "Niño perdido"


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        (["From: Web <web@f.org>", "Reply-To: Eva <eva@x.org>"], "Eva <eva@x.org>"),
        (["From: Web <web@f.org>", "Reply-To: eva@x.org"], "eva@x.org"),
        (["From: 'Eva' via Ayuda <help@f.org>", "X-Original-From: Eva <eva@x.org>", "List-Id: <help.f.org>"], "Eva <eva@x.org>"),
        (["From: Eva via Ayuda <help@f.org>", "Reply-To: Eva <eva@x.org>", "List-Id: <help.f.org>"], "Eva <eva@x.org>"),
        (["From: Eva <eva@x.org>", "Reply-To: help@f.org", "To: help@f.org"], "Eva <eva@x.org>"),
        (["From: Eva <eva@x.org>", "Reply-To: <help@f.org>", "List-Id: Ayuda <help.f.org>"], "Eva <eva@x.org>"),
        (["From: Eva <eva@x.org>", "Reply-To: "], "Eva <eva@x.org>"),
        (["From: Eva <eva@x.org>", "Reply-To: nobody"], "Eva <eva@x.org>"),
    ],
)  # fmt: skip
def test_sender_is_the_person_who_wrote(headers: list[str], sender: str) -> None:
    assert read_message(message(b"x", "Subject: s", *headers), NOW).sender == sender


def test_same_message_id_with_other_content_is_another_mail() -> None:
    def read(body: str, *headers: str) -> str:
        return read_message(message(body.encode(), "Message-ID: <form@f.org>", "Subject: s", *headers), NOW).id

    first = read("¿Hay sitio?")
    assert first == read("¿Hay  sitio?\r\n", "Status: RO", "Received: from b"), "a copy is the same mail"
    assert (
        len(
            {
                first,
                read("Hay fuego"),
                read("¿Hay sitio?", "From: b@x"),
                read("¿Hay sitio?", "Date: 4 Jul 2026 10:00 +0000"),
            }
        )
        == 4
    )
    assert read_message(message(b"x", "Message-ID: <form@f.org>"), NOW).thread == "form@f.org"
    long = [read_message(message(body, f"Message-ID: <{'a' * 400}@x>"), NOW).id for body in (b"x", b"y")]
    assert long[0] != long[1]
    assert max(map(len, long)) <= 200


@pytest.mark.parametrize(
    ("headers", "arrived", "ahead"),
    [
        (["Date: Sat, 04 Jul 2026 20:00:00 +0000"], NOW - timedelta(hours=2), False),
        (["Date: Sat, 04 Jul 2026 22:01:00 +0000"], NOW, False),
        (["Date: Sat, 04 Jul 2026 22:55:00 +0000"], NOW, True),
        (["Date: Sun, 04 Jul 2032 22:55:00 +0000"], NOW, True),
        (["Date: Fri, 05 Jul 2024 20:00:00 +0000"], datetime(2024, 7, 5, 20, tzinfo=UTC), False),
        # the clock of a telephone that is years behind
        (["Date: Thu, 01 Jan 2015 00:00:00 +0000", "Received: from a by b; Sat, 04 Jul 2026 21:59:00 +0000"], NOW - timedelta(minutes=1), False),
        ([], NOW, False),
        (["Date: yesterday"], NOW, False),
    ],
)  # fmt: skip
def test_arrival_and_clock_of_a_mail(headers: list[str], arrived: datetime, ahead: bool) -> None:
    read = read_received(message(b"x", "Subject: s", *headers), NOW)
    assert (read.arrived, read.clock_ahead) == (arrived, ahead)
    assert read.mail.time <= NOW


def test_base64_among_garbage_is_read() -> None:
    encoded = b"!!" + base64.encodebytes(TEXT.encode()) + b"--\r\n"
    assert TEXT in text_of(encoded, "utf-8", "base64")


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_encoded_subject_that_was_cut_is_read(cut: int) -> None:
    word = base64.b64encode(b"Hay una pelea junto a la barra").decode()[:-cut]
    subject = read_message(message(b"x", f"Subject: Re: =?utf-8?B?{word}?="), NOW).subject
    assert subject.startswith("Re: Hay una pelea junto a la ba")
