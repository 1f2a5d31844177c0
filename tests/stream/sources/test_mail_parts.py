"""Text of mails of several parts."""

# ruff: noqa: E501 - mails are easier to read unbroken

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from processors.support.mail_text import customer_text
from stream.sources.mime import read_message

NOW = datetime(2026, 7, 4, 22, tzinfo=UTC)
DANGER = "Un chico no respira junto a la noria"
PICTURE = (
    "Content-Type: image/jpeg",
    "Content-Disposition: inline",
    "Content-Transfer-Encoding: base64",
    "",
    "/9j/4A==",
)


def plain(text: str, *headers: str) -> tuple[str, ...]:
    return ("Content-Type: text/plain; charset=utf-8", *headers, "", text)


def html(text: str) -> tuple[str, ...]:
    return ("Content-Type: text/html; charset=utf-8", "", f"<html><body>{text}</body></html>")


def multipart(kind: str, *parts: tuple[str, ...], boundary: str = "B") -> tuple[str, ...]:
    lines = [line for part in parts for line in (f"--{boundary}", *part)]
    return (f"Content-Type: multipart/{kind}; boundary={boundary}", "", *lines, f"--{boundary}--")


def text_of(part: tuple[str, ...]) -> str:
    return read_message("\r\n".join(("Subject: s", *part)).encode(), NOW).text


@pytest.mark.parametrize(
    "part",
    [
        multipart("mixed", plain("Mirad"), PICTURE, plain(DANGER)),
        multipart("mixed", PICTURE, plain(DANGER)),
        multipart("mixed", html("Mirad"), PICTURE, html(DANGER), PICTURE),
        multipart("alternative", plain("Mirad"), multipart("mixed", html("Mirad"), PICTURE, html(DANGER), boundary="C")),
        multipart("related", html(DANGER), PICTURE),
        multipart("mixed", multipart("alternative", plain("Mirad"), html("Mirad"), boundary="C"), plain(DANGER)),
        multipart("signed", plain(DANGER), ("Content-Type: application/pgp-signature", "", "x")),
        multipart("mixed", PICTURE, plain(DANGER, "Content-Disposition: attachment; filename=text_0.txt")),
        multipart("mixed", plain("Ved el texto"), plain(DANGER, "Content-Disposition: attachment; filename=a.txt")),
        ("Content-Type: multipart/mixed", "", DANGER),
        ("Content-Type: multipart/mixed; boundary=C", "", *multipart("mixed", plain(DANGER))[2:]),
        ("Content-Type: multipart/mixed; boundary=B", "", DANGER, "--B", *PICTURE, "--B--"),
        ("Content-Type: multipart/mixed; boundary=B", "", "--B", *PICTURE, "--B--", DANGER),
        ("Content-Type: application/octet-stream", "", DANGER),
    ],
    ids=["attached-text", "no-boundary", "other-boundary", "before-parts", "after-parts", "octets", "apple", "picture-first", "apple-html", "apple-alternative", "related", "list-footer", "signed", "mms-gateway"],
)  # fmt: skip
def test_all_inline_text_is_read(part: tuple[str, ...]) -> None:
    assert DANGER in text_of(part)


def test_inline_parts_are_joined_in_their_order() -> None:
    assert text_of(multipart("mixed", plain("uno"), PICTURE, html("dos"), plain("tres"))).split() == [
        "uno",
        "dos",
        "tres",
    ]


def test_attached_text_file_is_not_read_beside_inline_text() -> None:
    attachment = plain("log", "Content-Disposition: attachment; filename=log.txt")
    assert text_of(multipart("mixed", plain("hola"), attachment)) == "hola"


@pytest.mark.parametrize(
    "stub",
    [
        "Su cliente de correo no muestra HTML.",
        "To view this message, use a program that shows HTML mail.",
        "Ver este mensaje en el navegador: https://example.org/m/1",
        "Votre navigateur ne peut afficher ce message.",
        " ",
    ],
)
def test_html_is_read_where_the_plain_part_is_a_stub(stub: str) -> None:
    assert text_of(multipart("alternative", plain(stub), html(f"<p>{DANGER}, venid ya</p>"))) == f"{DANGER}, venid ya"


def test_html_is_read_where_it_says_more() -> None:
    rest = "y hay mucha gente alrededor que empuja desde atrás sin ver nada"
    assert rest in text_of(multipart("alternative", plain(DANGER), html(f"<p>{DANGER}</p><p>{rest}</p>")))


def test_different_alternatives_are_both_read() -> None:
    text = text_of(multipart("alternative", plain(DANGER), html("<p>Visite nuestra página de ofertas de verano</p>")))
    assert DANGER in text
    assert "verano" in text


def test_plain_part_stands_for_the_same_html() -> None:
    part = multipart("alternative", plain("¿Hay > sitio?"), html("<p>¿Hay &gt; sitio?</p>"))
    assert text_of(part) == "¿Hay > sitio?"


INNER = ("From: Eva <eva@example.org>", "Subject: aviso", "Content-Type: text/plain; charset=utf-8", "", DANGER)


@pytest.mark.parametrize(
    "attached",
    [
        ("Content-Type: message/rfc822", "Content-Disposition: attachment; filename=f.eml", "", *INNER),
        ("Content-Type: message/rfc822", "", "Subject: aviso", *multipart("mixed", plain("Mirad"), plain(DANGER), boundary="D")),
        ("Content-Type: application/octet-stream; name=mensaje.eml", "", *INNER),
        ("Content-Type: message/rfc822", "", "Subject: fw", "Content-Type: message/rfc822", "", *INNER),
    ],
    ids=["attachment", "of-parts", "file", "nested"],
)  # fmt: skip
def test_attached_message_is_read(attached: tuple[str, ...]) -> None:
    text = text_of(multipart("mixed", plain("Os lo paso"), attached))
    assert DANGER in customer_text("", text)


def test_history_in_an_attached_message_is_cut() -> None:
    inner = (
        "Content-Type: message/rfc822",
        "",
        "Subject: a",
        "",
        "Nada",
        "",
        "El 3/6/2024 a las 9:00, S <s@x.org> escribió:",
        f"> {DANGER}",
    )
    text = text_of(multipart("mixed", plain("Os lo paso"), inner))
    assert "Nada" in text
    assert DANGER not in text


def test_mail_that_a_bounce_returns_is_not_read() -> None:
    returned = ("Content-Type: message/rfc822", "", *INNER)
    part = multipart(
        "report", plain("Not delivered"), ("Content-Type: message/delivery-status", "", "Status: 5.1.1"), returned
    )
    assert text_of(part) == "Not delivered"


def test_thousand_parts_are_read_in_bounds() -> None:
    assert len(text_of(multipart("mixed", *[plain("hola")] * 1_000)).split()) < 250


def test_attached_text_does_not_follow_a_long_one() -> None:
    attached = plain("registro", "Content-Disposition: attachment; filename=a.txt")
    assert "registro" not in text_of(
        multipart("mixed", plain("Una pregunta sobre el horario del bus de esta noche"), attached)
    )


def test_bytes_that_are_no_text_are_not_read() -> None:
    assert not text_of(("Content-Type: application/octet-stream", "", "a\x01\x02b")).strip()


def test_text_beside_the_parts_keeps_its_letters_beyond_ascii() -> None:
    text = text_of(("Content-Type: multipart/mixed; boundary=B", "", "--B", "", "--B--", "à la porte 4, il brûle"))
    assert text == "à la porte 4, il brûle"
