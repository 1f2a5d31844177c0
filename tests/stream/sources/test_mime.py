"""Parsing of mails, also of malformed ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.sources.mime import MailFormatError, read_message

NOW = datetime(2026, 7, 4, 22, tzinfo=UTC)


def raw_message(*lines: str, charset: str = "utf-8") -> bytes:
    return "\r\n".join(lines).encode(charset)


def test_mail_headers_thread_and_plain_part_are_decoded() -> None:
    mail = read_message(
        raw_message(
            "From: =?utf-8?q?Jos=C3=A9_Gil?= <jose@example.org>", "Subject: =?iso-8859-1?q?Devoluci=F3n?=",
            "Message-ID: <b@x>", "References: <a@x> <aa@x>", "Date: Sat, 04 Jul 2026 20:00:00 +0200",
            "Content-Type: multipart/alternative; boundary=B", "", "--B", "Content-Type: text/html; charset=utf-8", "",
            "<p>html</p>", "--B", "Content-Type: text/plain; charset=utf-8", "", "¿Dónde está mi dinero?", "--B--",
        ),
        NOW,
    )  # fmt: skip
    assert (mail.id.split("#")[0], mail.thread, mail.subject) == ("b@x", "a@x", "Devolución")
    assert mail.text.strip() == "¿Dónde está mi dinero?"
    assert mail.time == datetime(2026, 7, 4, 18, tzinfo=UTC)
    assert "José Gil" in mail.sender


def test_mail_with_html_only_is_converted_to_text() -> None:
    html = "<html><style>p{}</style><body><p>Hola</p><script>x()</script><p>adiós</p></body></html>"
    mail = read_message(raw_message("Content-Type: text/html; charset=utf-8", "", html), NOW)
    assert mail.text.split() == ["Hola", "adiós"]


@pytest.mark.parametrize("declared", ["utf-8", "no-such-charset", "us-ascii"])
def test_mail_with_wrong_charset_is_decoded(declared: str) -> None:
    data = raw_message(f"Content-Type: text/plain; charset={declared}", "", "mañana", charset="latin-1")
    assert read_message(data, NOW).text.strip() == "mañana"


@pytest.mark.parametrize("date", ["", "Date: yesterday", "Date: Fri, 01 Jan 2099 00:00:00 +0000", "Date: 0"])
def test_mail_with_invalid_date_has_reception_time(date: str) -> None:
    assert read_message(raw_message(*([date] if date else []), "Subject: x", "", "y"), NOW).time == NOW


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: auto-replied", "Auto-Submitted: auto-replied (vacation)", "Return-Path: <>", "X-Autoreply: yes",
     "X-Autorespond: 1", "Content-Type: multipart/report; boundary=B"],
)  # fmt: skip
def test_automatic_mail_is_recognized_by_its_headers(header: str) -> None:
    assert read_message(raw_message("Subject: x", header, "", "y"), NOW).automatic


@pytest.mark.parametrize(
    ("headers", "no_reply"),
    [
        (["Precedence: bulk"], True),
        (["Precedence: list", "List-Id: <help.example.org>"], True),
        (["List-Unsubscribe: <https://x>"], True),
        (["Precedence: auto_reply"], True),
        (["X-Autoreply: no"], False),
        (["X-Google-Group-Id: 1"], True),
        (["Auto-Submitted: auto-generated"], True),
        (["Auto-Submitted: auto-generated", "Reply-To: eva@example.org"], False),
        (["X-Auto-Response-Suppress: All"], False),
        (["Auto-Submitted: no"], False),
        (["X-Mailer: form"], False),
    ],
)
def test_list_form_and_exchange_are_people(headers: list[str], no_reply: bool) -> None:
    mail = read_message(raw_message("Subject: x", *headers, "", "y"), NOW)
    assert (mail.automatic, mail.no_reply) == (False, no_reply)


def test_mail_without_subject_and_text_is_an_error() -> None:
    with pytest.raises(MailFormatError, match="neither subject nor text"):
        read_message(b"", NOW)


@given(st.binary(max_size=2000))
def test_mail_parser_accepts_or_rejects_any_bytes(data: bytes) -> None:
    try:
        mail = read_message(data, NOW)
    except MailFormatError:
        return
    assert 1 <= len(mail.id) <= 200
    assert mail.time.tzinfo is not None


def test_html_part_is_used_if_plain_part_is_blank() -> None:
    parts = ("--B", "Content-Type: text/plain", "", " ", "--B", "Content-Type: text/html", "", "<p>Hola</p>", "--B--")
    mail = read_message(raw_message("Content-Type: multipart/alternative; boundary=B", "", *parts), NOW)
    assert mail.text.strip() == "Hola"


def test_embedded_pictures_of_html_are_removed() -> None:
    html = f'<p>antes</p><img src="data:image/png;base64,{"QUJD" * 1_000_000}"><p>después</p>'
    mail = read_message(raw_message("Content-Type: text/html; charset=utf-8", "", html), NOW)
    assert mail.text.split() == ["antes", "después"]


@pytest.mark.parametrize(
    ("header", "thread"),
    [
        ("References: <a@x><b@x>", "a@x"),
        ("References:  ", "own@x"),
        ("In-Reply-To: <c@x>", "c@x"),
        ("In-Reply-To: your message of Monday <d@x>", "d@x"),
        ("References: <>", "own@x"),
        ("X-Nothing: 1", "own@x"),
    ],
)
def test_mail_thread_is_the_first_referenced_message(header: str, thread: str) -> None:
    assert read_message(raw_message("Message-ID: <own@x>", header, "Subject: s", "", "t"), NOW).thread == thread
