"""Fuzz tests of mails: mutated real messages are parsed or rejected with a reason, in time."""

# ruff: noqa: E501 - messages are easier to read unbroken

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from processors.support.facts import extract_facts
from processors.support.mail_text import customer_text, split_sentences
from processors.support.privacy import mask_personal_data
from stream.sources.mime import MailFormatError, read_message
from tests.fuzz.conftest import INPUT_MULTIPLIER, SurfaceStatistics

NOW = datetime(2026, 7, 4, 22, tzinfo=UTC)
MAILS = 200 * INPUT_MULTIPLIER

SEED_MESSAGES = (
    b"From: Ana <ana@x.org>\r\nTo: s@y.org\r\nSubject: =?iso-8859-1?q?Devoluci=F3n?=\r\nMessage-ID: <a@x>\r\n"
    b"References: <b@x> <c@x>\r\nDate: Sat, 04 Jul 2026 20:00:00 +0200\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Quiero la devoluci=F3n.\r\n\r\nEl 1/6/2026 a las 10:00, Soporte <s@y.org> escribi=F3:\r\n> Hola\r\n-- \r\nAna\r\n",
    b"From: b@x.org\r\nSubject: Fwd: tickets\r\nContent-Type: multipart/mixed; boundary=\"B\"\r\n\r\n--B\r\n"
    b"Content-Type: multipart/alternative; boundary=C\r\n\r\n--C\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"---------- Forwarded message ---------\r\nFrom: x@y.z\r\n\r\n\xc2\xbfD\xc3\xb3nde aparco?\r\n--C\r\n"
    b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+SG9sYTwvcD4=\r\n--C--\r\n"
    b"--B\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\n\r\n%PDF\r\n--B--\r\n",
    b"From: MAILER-DAEMON\r\nAuto-Submitted: auto-replied\r\nReturn-Path: <>\r\nSubject: Undelivered\r\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=R\r\n\r\n--R\r\n\r\nNot delivered.\r\n--R\r\n"
    b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nText\r\n--R--\r\n",
    b"Subject: hola\r\nContent-Type: text/html; charset=windows-1252\r\n\r\n<div><p>El ba\xf1o est\xe1 roto</p>"
    b"<blockquote>On Mon, x wrote: <b>hi</b></blockquote><img src=\"data:image/png;base64,QUJD\"></div>",
)  # fmt: skip
PIECES = (
    b"\r\n", b"\r\n\r\n", b"--B", b"--B--", b"=?utf-8?q?=C3?=", b"=?x?y?z?=", b"charset=utf-7", b"charset=\x00", b"\x00",
    b"\xff\xfe", b"Content-Type: multipart/mixed; boundary=\"\"", b"Content-Transfer-Encoding: uuencode", b"> " * 60,
    b"On 1 Jan 2026, a wrote:\r\n", b"Message-ID: " + b"<" * 300, b"Date: 99 Foo 0000", b"References: " + b"<a@b> " * 400,
    b"<div>" * 500, b"&#x110000;", b"=\r\n", b"A" * 3_000, b"De: ", b"-- \r\n", b"Content-Type: message/rfc822\r\n\r\n",
)  # fmt: skip


def mutated_message(rng: random.Random) -> bytes:
    """Return a seed message with up to twelve changes: bytes flipped, cut, doubled or inserted."""
    data = bytearray(rng.choice(SEED_MESSAGES))
    for _ in range(rng.randint(1, 12)):
        position, kind = rng.randrange(len(data) + 1), rng.randrange(5)
        if kind == 0 and position < len(data):
            data[position] = rng.randrange(256)
        elif kind == 1:
            del data[position : position + rng.randint(1, 40)]
        elif kind == 2:
            data[position:position] = data[position : position + rng.randint(1, 400)] * rng.randint(1, 3)
        elif kind == 3:
            data[position:position] = rng.choice(PIECES)
        else:
            other = rng.choice(SEED_MESSAGES)
            begin = rng.randrange(len(other))
            data[position:position] = other[begin : begin + rng.randint(1, 200)]
    return bytes(data)


@pytest.mark.timeout(3600)
def test_mail(statistics: SurfaceStatistics) -> None:
    rng = random.Random(1)
    for _ in range(MAILS):
        data = mutated_message(rng)
        with statistics.measure(1, data):
            try:
                _parse(data)
            except MailFormatError:
                statistics.count_refusal("no message")
    assert statistics.refused < MAILS / 10


def _parse(data: bytes) -> None:
    """Parse a message as the source and the first steps of the worker do."""
    mail = read_message(data, NOW)
    words = customer_text(mail.subject, mail.text)
    split_sentences(words)
    extract_facts(words)
    mask_personal_data(words)
    words.encode("utf-8")
    assert 1 <= len(mail.id) <= 200
    assert 1 <= len(mail.thread) <= 200
    assert mail.time <= NOW


@pytest.mark.parametrize("depth", [5, 60, 900])
def test_mail_limits_nested_parts(depth: int) -> None:
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    data = b"Subject: deep\r\n" + opened + b"Content-Type: text/plain\r\n\r\nhola\r\n"
    try:
        assert read_message(data, NOW).subject == "deep"
    except MailFormatError as error:
        assert "readable" in str(error)
