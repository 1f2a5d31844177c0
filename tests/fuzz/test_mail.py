"""Fuzz tests of mails: mutated real messages are parsed or rejected with a reason, in time."""

# ruff: noqa: E501 - messages are easier to read unbroken

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from processors.support.automatic_replies import is_automatic_reply
from processors.support.facts import extract_facts
from processors.support.fraud_signs import fraud_signs
from processors.support.mail_text import customer_text, split_sentences
from processors.support.privacy import mask_personal_data
from processors.support.urgency import urgency_signs
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
    b"From: \xe1na <a@x>\r\nReply-To: b@y\r\nSubject: Ni\xf1o\r\nMessage-ID: <form@x>\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nwr9Ew7NuZGUgZXN0w6EgZWwgYmHDsW8/IE1pIGhpam8gc2UgaGEg\r\n\r\n-- \r\nlista\r\n",
    b"Subject: Foto\r\nReceived: from a by b; Sat, 04 Jul 2026 21:59:00 +0000\r\nDate: Sat, 04 Jul 2036 20:00:00 +0200\r\n"
    b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nMirad\r\n--B\r\n"
    b"Content-Type: image/png\r\nContent-Disposition: inline\r\n\r\nPNG\r\n--B\r\nContent-Type: text/plain\r\n\r\nUna chica\r\n--B--\r\n",
    b"Subject: Fwd: x\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nOs lo paso\r\n--B\r\nContent-Type: message/rfc822\r\n"
    b"Content-Disposition: attachment\r\n\r\nSubject: y\r\n\r\nHay fuego\r\n\r\nLe lun. 3 juin 2024 \xe0 10:00, A <a@b> a \xe9crit :\r\n\r\nviejo\r\n--B--\r\n",
    b"Subject: Respuesta autom\xc3\xa1tica: x\r\nPrecedence: list\r\nList-Id: <l.x>\r\nContent-Type: text/html\r\n\r\n<div>Su cuenta ha sido "
    b"suspendida: https://x.example.bad</div><div class=\"gmail_quote\"><div class=\"gmail_attr\">Am 3.6.24 schrieb A &lt;a@b&gt;:</div>"
    b"<blockquote type=\"cite\">alt<blockquote>sehr alt</blockquote></blockquote></div>",
    b"Subject: Re: ayuda\r\n\r\nYa est\xe1\r\n\r\n*De:* Ana\r\n*Enviado el:* lunes, 3 de junio de 2024\r\n*Para:* s@x\r\n*Asunto:* ayuda\r\n\r\nviejo\r\n",
    b"Subject: x\r\nContent-Type: multipart/alternative; boundary=B\r\n\r\n--B\r\n\r\nSu cliente no admite HTML\r\n--B\r\nContent-Type: text/html\r\n\r\n"
    b"<p>El meu fill s'ha perdut</p>\r\n--B--\r\n",
)  # fmt: skip
PIECES = (
    b"\r\n", b"\r\n\r\n", b"--B", b"--B--", b"=?utf-8?q?=C3?=", b"=?x?y?z?=", b"charset=utf-7", b"charset=\x00", b"\x00",
    b"\xff\xfe", b"Content-Type: multipart/mixed; boundary=\"\"", b"Content-Transfer-Encoding: uuencode", b"> " * 60,
    b"On 1 Jan 2026, a wrote:\r\n", b"Message-ID: " + b"<" * 300, b"Date: 99 Foo 0000", b"References: " + b"<a@b> " * 400,
    b"<div>" * 500, b"&#x110000;", b"=\r\n", b"A" * 3_000, b"De: ", b"-- \r\n", b"Content-Type: message/rfc822\r\n\r\n",
    b"\r\nFrom here 20:00 2026\r\nX: y\r\n", b"<blockquote>" * 300, b"El lun, 3 jun 2024 a las 10:00, " * 30 + b"escribi\xc3\xb3:\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"charset=utf-16", b"\xe2\x80", b"\xc3\x83\xc2\xb1", b"Reply-To: <>,;@\r\n",
    b"Received: ;;; Sat, 99 Foo\r\n", b"https://[::1", b"https://xn--", b"su cuenta " * 40, b"perdut el meu " * 40, b"Auto-Submitted: auto-replied\r\n",
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
    fraud_signs(words)
    urgency_signs(words)
    is_automatic_reply(mail.subject, mail.sender, words)
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
