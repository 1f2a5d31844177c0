"""Text of a message of RFC 5322, decoded from MIME and HTML."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime

from bs4 import BeautifulSoup

from schemas.errors import PulsoError
from schemas.fields import identifier
from schemas.support import Mail

MAX_TEXT_CHARACTERS = 100_000
"""Characters of text that are kept; the rest of a longer mail is quotes and signatures."""

MAX_HTML_CHARACTERS = 1_000_000
"""Characters of HTML that are parsed; embedded pictures are removed first."""

_PICTURE = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]*")
_REFERENCE = re.compile(r"<([^<>\s]+)>")

MAX_SUBJECT_CHARACTERS, MAX_SENDER_CHARACTERS = 2_000, 400


_AUTOMATIC_HEADERS = ("X-Auto-Response-Suppress", "List-Unsubscribe", "X-Autoreply", "X-Autorespond")
"""Headers that only programs write; the last two are of older vacation responders."""


class MailFormatError(PulsoError, ValueError):
    """The bytes are not a message, or it has neither subject nor text."""


def read_message(data: bytes, received: datetime) -> Mail:
    """Decode a message of RFC 5322; broken charsets, dates and parts are repaired as far as they can be.

    Args:
        data: the bytes of the message.
        received: replaces a date that is missing, implausible or in the future.

    Raises:
        MailFormatError: The message can't be parsed, or has neither subject nor text.
    """
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        text = _text(message)
        subject = _header(message, "Subject")[:MAX_SUBJECT_CHARACTERS]
    except Exception as error:  # the parser of the standard library raises anything on hostile input
        raise MailFormatError(f"not a readable message: {type(error).__name__}") from error
    if not text.strip() and not subject.strip():
        raise MailFormatError("neither subject nor text")
    identity = _header(message, "Message-ID").strip("<> ") or "sha256-" + hashlib.sha256(data).hexdigest()[:32]
    return Mail(
        id=_identifier(identity),
        thread=_identifier(_thread(message, identity)),
        time=_date(message, received),
        sender=_header(message, "From")[:MAX_SENDER_CHARACTERS],
        subject=subject,
        text=text[:MAX_TEXT_CHARACTERS],
        attachments=_attachments(message),
        automatic=_is_automatic(message),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = message.get(name, "")
        return " ".join(str(value).replace("\x00", "").split()).encode("utf-8", "replace").decode()
    except Exception:  # a header that can't be decoded
        return ""


def _text(message: EmailMessage) -> str:
    """Return the plain part; where it is missing or blank, the HTML part without its markup."""
    parts: list[MIMEPart] = []
    for kind in ("plain", "html"):
        with suppress(Exception):  # the tree of parts is broken
            if (body := message.get_body((kind,))) is not None:
                parts.append(body)
    if not parts:
        parts += [part for part in message.walk() if part.get_content_maintype() == "text"][:1]
    for part in parts:
        text = _decoded(part)
        if part.get_content_subtype() == "html":
            text = _without_markup(text)
        text = text.replace("\x00", "").encode("utf-8", "replace").decode()
        if text.strip():
            return text
    return ""


def _without_markup(html: str) -> str:
    soup = BeautifulSoup(_PICTURE.sub("", html)[:MAX_HTML_CHARACTERS], "html.parser")
    for hidden in soup(["script", "style", "head"]):
        hidden.decompose()
    return soup.get_text("\n")


def _decoded(part: MIMEPart) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(part.get_payload())
    for charset in (part.get_content_charset() or "utf-8", "utf-8"):
        try:
            return payload.decode(charset)
        except (LookupError, ValueError):  # an unknown charset, or bytes that are not valid in it
            continue
    return payload.decode("windows-1252", "replace")


def _thread(message: EmailMessage, identity: str) -> str:
    """Return the id of the first message that this one answers; its own id where it answers none."""
    for name in ("References", "In-Reply-To"):
        text = _header(message, name)
        references = _REFERENCE.findall(text) or [word.strip("<>") for word in text.split()]
        if references and references[0]:
            return str(references[0])
    return identity


def _identifier(text: str) -> str:
    """Return an identifier of at most 200 printable characters; a longer one is cut and gets a hash."""
    return identifier("".join(letter for letter in text if letter.isprintable() and not letter.isspace()) or "none")


def _date(message: EmailMessage, received: datetime) -> datetime:
    try:
        date = parsedate_to_datetime(_header(message, "Date"))
    except (TypeError, ValueError, IndexError, OverflowError):
        return received
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return date if datetime(2000, 1, 1, tzinfo=UTC) < date <= received else received


def _attachments(message: EmailMessage) -> int:
    return sum(1 for part in message.walk() if part.get_content_disposition() == "attachment")


def _is_automatic(message: EmailMessage) -> bool:
    """Return whether a program sent it: by RFC 3834, the marks of a bounce, or headers of mailing programs."""
    submitted = _header(message, "Auto-Submitted").lower()
    if submitted and submitted != "no":
        return True
    if message.get_content_type() == "multipart/report" or _header(message, "Return-Path") == "<>":
        return True
    return _header(message, "Precedence").lower() in ("bulk", "junk", "auto_reply", "list") or bool(
        any(_header(message, name) for name in _AUTOMATIC_HEADERS)
    )
