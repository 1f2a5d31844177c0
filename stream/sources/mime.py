"""Text of a message of RFC 5322, decoded from MIME and HTML."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr, parsedate_to_datetime

from msgspec import Struct

from schemas.errors import PulsoError
from schemas.fields import identifier
from schemas.support import Mail
from stream.sources.mail_decoding import header
from stream.sources.mail_parts import message_text

MAX_TEXT_CHARACTERS = 100_000
"""Characters of text that are kept; the rest of a longer mail is quotes and signatures."""

MAX_SUBJECT_CHARACTERS, MAX_SENDER_CHARACTERS = 2_000, 400

CLOCK_TOLERANCE = timedelta(minutes=2)
"""Time by which the date of a mail may be ahead of its reception before its sender's clock is called wrong."""

DIGEST_LETTERS = 12
"""Hexadecimal digits of the digest that tells mails with the same Message-ID apart."""

_REFERENCE = re.compile(r"<([^<>\s]+)>")
_AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder")
"""Headers of vacation responders that are older than RFC 3834."""

_LIST_HEADERS = ("List-Id", "List-Post", "List-Unsubscribe", "X-Google-Group-Id", "Feedback-ID")
_RECEIVER_HEADERS = ("To", "Cc", "Delivered-To", "X-Original-To", "List-Post", "List-Id", "Sender", "X-BeenThere")


class MailFormatError(PulsoError, ValueError):
    """The bytes are not a message, or it has neither subject nor text."""


class ReceivedMail(Struct, frozen=True):
    """A decoded mail, and what its dates show."""

    mail: Mail
    arrived: datetime
    """Time at which a server got it: the later of its date and the latest "Received", at most the time of reception."""
    clock_ahead: bool = False
    """True if its date is ahead of its reception by more than `CLOCK_TOLERANCE`; the time is that of the reception."""


def read_message(data: bytes, received: datetime) -> Mail:
    """Decode a message of RFC 5322; see `read_received`."""
    return read_received(data, received).mail


def read_received(data: bytes, received: datetime) -> ReceivedMail:
    """Decode a message of RFC 5322; broken charsets, dates and parts are repaired as far as they can be.

    Args:
        data: the bytes of the message.
        received: replaces a date that is missing, implausible or in the future.

    Raises:
        MailFormatError: The message can't be parsed, or has neither subject nor text.
    """
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        text = message_text(message)
        subject = header(message, "Subject")[:MAX_SUBJECT_CHARACTERS]
        attachments = _attachments(message)
    except Exception as error:  # the parser of the standard library raises anything on hostile input
        raise MailFormatError(f"not a readable message: {type(error).__name__}") from error
    if not text.strip() and not subject.strip():
        raise MailFormatError("neither subject nor text")
    message_id = header(message, "Message-ID").strip("<> ")
    date = _date(header(message, "Date"))
    mail = Mail(
        id=_identifier(_identity(message, message_id, subject, text, data)),
        thread=_identifier(_thread(message, message_id or _digest(data))),
        time=date if date and date <= received else received,
        sender=_sender(message)[:MAX_SENDER_CHARACTERS],
        subject=subject,
        text=text[:MAX_TEXT_CHARACTERS],
        attachments=attachments,
        automatic=_is_automatic(message),
        no_reply=_is_no_reply(message),
    )
    ahead = date is not None and date > received + CLOCK_TOLERANCE
    return ReceivedMail(mail, _arrived(message, date, received), ahead)


def _identity(message: EmailMessage, message_id: str, subject: str, text: str, data: bytes) -> str:
    """Return the Message-ID with a digest of what was written, since some programs give the same to all their mails.

    The digest is of sender, date, subject and words, so that a copy that took another way is the same mail.
    """
    if not message_id:
        return _digest(data)
    content = (header(message, "From"), header(message, "Date"), subject, " ".join(text.split()))
    digest = hashlib.sha256("\n".join(content).encode("utf-8", "replace")).hexdigest()[:DIGEST_LETTERS]
    return f"{identifier_start(message_id)}#{digest}"


def identifier_start(message_id: str) -> str:
    """Return a Message-ID, or of a long one as much that a digest of the content can follow."""
    return message_id if len(message_id) <= 180 else f"{message_id[:120]}-{_digest(message_id.encode())[-32:]}"


def _digest(data: bytes) -> str:
    return "sha256-" + hashlib.sha256(data).hexdigest()[:32]


def _thread(message: EmailMessage, identity: str) -> str:
    """Return the id of the first message that this one answers; its own id where it answers none."""
    for name in ("References", "In-Reply-To"):
        text = header(message, name)
        references = _REFERENCE.findall(text) or [word.strip("<>") for word in text.split()]
        if references and references[0]:
            return str(references[0])
    return identity


def _identifier(text: str) -> str:
    """Return an identifier of at most 200 printable characters; a longer one is cut and gets a hash."""
    return identifier("".join(letter for letter in text if letter.isprintable() and not letter.isspace()) or "none")


def _date(text: str) -> datetime | None:
    """Return a date of RFC 5322; None for one that can't be read or is before the year 2000."""
    try:
        date = parsedate_to_datetime(text)
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        return date if date > datetime(2000, 1, 1, tzinfo=UTC) else None
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _arrived(message: EmailMessage, date: datetime | None, received: datetime) -> datetime:
    """Return the later of the sender's date and that of the last server; a sender's clock may be years behind."""
    server = _date(header(message, "Received").rpartition(";")[2].strip())
    known = [time for time in (date, server) if time is not None]
    return min(max(known), received) if known else received


def _attachments(message: EmailMessage) -> int:
    return sum(1 for part in message.walk() if part.get_content_disposition() == "attachment")


def _sender(message: EmailMessage) -> str:
    """Return the person who wrote: Reply-To before From, since a web form or a list writes in the name of others.

    A Reply-To to the list or the desk itself names nobody.
    """
    receivers = {address.lower() for address in _addresses(message, _RECEIVER_HEADERS)}
    for name in ("Reply-To", "X-Original-From", "X-Original-Sender"):
        text = header(message, name)
        address = parseaddr(text)[1].lower()
        if "@" in address and address not in receivers and not _is_list_address(message, address):
            return text
    return header(message, "From")


def _addresses(message: EmailMessage, names: tuple[str, ...]) -> list[str]:
    texts = [header(message, name).replace("<mailto:", "<") for name in names]
    return [address for _, address in getaddresses([text for text in texts if text])]


def _is_list_address(message: EmailMessage, address: str) -> bool:
    return address.replace("@", ".") in header(message, "List-Id").lower()


def _is_automatic(message: EmailMessage) -> bool:
    """Return whether a machine answered: by RFC 3834, the marks of a bounce, or headers of vacation responders.

    "auto-generated" is no answer: web forms and ticket shops write it on what people send.
    """
    if header(message, "Auto-Submitted").lower().startswith("auto-replied"):
        return True
    if message.get_content_type() == "multipart/report" or header(message, "Return-Path").replace(" ", "") == "<>":
        return True
    return any(header(message, name).lower() not in ("", "no") for name in _AUTOMATIC_HEADERS)


def _is_no_reply(message: EmailMessage) -> bool:
    """Return whether a reply would go to a list or a program instead of to the person who wrote."""
    if any(header(message, name) for name in _LIST_HEADERS):
        return True
    if header(message, "Precedence").lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    generated = header(message, "Auto-Submitted").lower().startswith("auto-")
    return generated and not header(message, "Reply-To")
