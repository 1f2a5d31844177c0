"""A message as it lies in a mailbox → the text that a customer wrote."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime

from bs4 import BeautifulSoup

from schemas.errors import PulsoError
from schemas.fields import identifier
from schemas.support import Mail

MOST_TEXT = 100_000
"""characters of text that are kept; the rest of a mail is quotes and signatures"""

MOST_HTML = 1_000_000
"""characters that are parsed; pictures inside are taken out first"""

_PICTURE = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]*")
_REFERENCE = re.compile(r"<([^<>\s]+)>")

MOST_SUBJECT, MOST_SENDER = 2_000, 400


_MACHINES = ("X-Auto-Response-Suppress", "List-Unsubscribe", "X-Autoreply", "X-Autorespond")
"""headers that only programs write; the last two are of older vacation messages"""


class MessageError(PulsoError, ValueError):
    """The bytes are no message that holds any text."""


def read_message(data: bytes, received: datetime) -> Mail:
    """Decode a message of RFC 5322; broken charsets, dates and parts are repaired as far as they can be.

    Args:
        received: stands for a date that is missing, absurd or in the future.

    Raises:
        MessageError: neither subject nor text.
    """
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        text = _text(message)
        subject = _header(message, "Subject")[:MOST_SUBJECT]
    except Exception as error:  # the parser of the standard library raises anything on hostile input
        raise MessageError(f"no readable message: {type(error).__name__}") from error
    if not text.strip() and not subject.strip():
        raise MessageError("neither subject nor text")
    identity = _header(message, "Message-ID").strip("<> ") or "sha256-" + hashlib.sha256(data).hexdigest()[:32]
    return Mail(
        id=_identifier(identity),
        thread=_identifier(_thread(message, identity)),
        time=_date(message, received),
        sender=_header(message, "From")[:MOST_SENDER],
        subject=subject,
        text=text[:MOST_TEXT],
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
    """The plain part, or where that is missing or blank the HTML one without its markup."""
    found: list[MIMEPart | None] = []
    for kind in ("plain", "html"):
        try:
            found.append(message.get_body((kind,)))
        except Exception:  # a broken tree of parts
            found.append(None)
    parts = [part for part in found if part is not None]
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
    soup = BeautifulSoup(_PICTURE.sub("", html)[:MOST_HTML], "html.parser")
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
        except (LookupError, ValueError):  # no such charset, or not in it
            continue
    return payload.decode("windows-1252", "replace")


def _thread(message: EmailMessage, identity: str) -> str:
    """The first message that it answers, else itself."""
    for name in ("References", "In-Reply-To"):
        text = _header(message, name)
        references = _REFERENCE.findall(text) or [word.strip("<>") for word in text.split()]
        if references and references[0]:
            return str(references[0])
    return identity


def _identifier(text: str) -> str:
    """At most 200 printable characters; longer ones are told apart by a hash."""
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
    """RFC 3834, bounces, and what mailing programs write."""
    submitted = _header(message, "Auto-Submitted").lower()
    if submitted and submitted != "no":
        return True
    if message.get_content_type() == "multipart/report" or _header(message, "Return-Path") == "<>":
        return True
    return _header(message, "Precedence").lower() in ("bulk", "junk", "auto_reply", "list") or bool(
        any(_header(message, name) for name in _MACHINES)
    )
