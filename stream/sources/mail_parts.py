"""Text of a message of several parts: all that the sender wrote, in order, once."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterable
from email.message import EmailMessage, MIMEPart

from processors.support.html_text import markup_to_text
from processors.support.quoted_history import without_history
from processors.support.urgency import names_any_danger
from stream.sources.mail_decoding import decode_bytes, decode_part, decode_payload, header

MAX_PARTS, MAX_DEPTH = 200, 30
"""Parts of a message that are read, and levels of nesting."""

MAX_HTML_CHARACTERS = 1_000_000
"""Characters of HTML that are parsed; embedded pictures are removed first."""

MIN_COVERED_WORDS, MIN_SHARED_WORDS = 0.85, 0.6
"""Share of the words of the HTML that its plain part must have to stand for it, and the reverse."""

MIN_HTML_WORDS = 3
"""Words of the HTML below which it adds nothing to the plain part."""

MAX_STUB_WORDS = 40
"""Words of a plain part that says no more than that the mail is HTML."""

MIN_INLINE_WORDS = 8
"""Words of the inline text below which it may do no more than name an attached text file."""

FORWARD_MARK = "---------- Forwarded message ---------"
"""Line above an attached message, as mail programs write it."""

_PICTURE = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]*")
_TEXT_TYPES = ("text/plain", "text/html", "text/enriched", "text/markdown", "text/x-markdown", "text/x-web-markdown")
_STUB = re.compile(
    r"html|navegador|browser|navigateur|visuali[sz]|mime format|formato mime|(?:view|ver|voir) (?:this|este|ce) |"
    r"(?:email|mail|e-mail|correo) client|cliente? de (?:correo|e-?mail)|imágenes|images",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w{3,}")

Part = MIMEPart | EmailMessage


def message_text(message: Part) -> str:
    """Return the text of all inline parts, and of attached messages; without any, that of attached text files.

    A text file that names a danger is read beside a few words, too. Without any text at all, what stands beside the
    parts is read, or what is not declared as text and yet is.
    """
    reader = _PartReader()
    text = reader.text(message)
    if len(text.split()) < MIN_INLINE_WORDS:
        parts = (part for _, part in zip(range(MAX_PARTS), message.walk(), strict=False))
        files = [part for part in parts if part.get_content_type() == "text/plain" and not part.is_multipart()]
        attached = [reader.leaf(part) for part in files if not text.strip() or _is_attached(part)]
        text = _joined((text, *(file for file in attached if not text.strip() or names_any_danger(file))))
    return text if text.strip() else _undeclared_text(message)


def _undeclared_text(message: Part) -> str:
    """Return what stands beside the parts of a message, or the content of one that is not declared as text."""
    if message.is_multipart():
        # The parser keeps bytes beyond ASCII as surrogates.
        beside = (
            decode_bytes(text.encode("utf-8", "surrogateescape"), None)
            for text in (message.preamble, message.epilogue)
            if text
        )
        return _joined(text for text in beside if not _STUB.search(text) and "multi-part" not in text)
    if message.get_filename() or message.get_content_maintype() not in ("application", "multipart"):
        return ""
    text = decode_part(message)
    return text if all(letter.isprintable() or letter.isspace() for letter in text) else ""


class _PartReader:
    """Reads the parts of one message, at most `MAX_PARTS` of them."""

    def __init__(self) -> None:
        self._left = MAX_PARTS

    def text(self, part: Part, depth: int = 0) -> str:
        """Return the text of a part and of those in it."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            return ""
        kind = part.get_content_type()
        if _is_message(part):
            return self._attached_message(part, depth)
        if part.is_multipart():
            children = self._children(part)
            if kind == "multipart/alternative":
                return self._alternative(children, depth)
            return _joined(self.text(child, depth + 1) for child in children)
        if _is_attached(part) or kind not in _TEXT_TYPES:
            return ""
        return self.leaf(part)

    def leaf(self, part: Part) -> str:
        """Return the text of one part of text."""
        text = decode_part(part)
        if part.get_content_subtype() in ("html", "enriched"):
            text = markup_to_text(_PICTURE.sub("", text)[:MAX_HTML_CHARACTERS])
        return text.replace("\x00", "").encode("utf-8", "replace").decode()

    @staticmethod
    def _children(part: Part) -> list[Part]:
        children = [child for child in part.get_payload() if isinstance(child, MIMEPart | EmailMessage)]
        if part.get_content_type() == "multipart/report":  # what it returns is a mail that was sent from here
            return [child for child in children if child.get_content_maintype() != "message"]
        return children

    def _attached_message(self, part: Part, depth: int) -> str:
        """Return subject and text of an attached message, below the mark of a forwarded one."""
        inner = _inner_message(part)
        if inner is None:
            return ""
        text = without_history(self.text(inner, depth + 1))
        return f"{FORWARD_MARK}\n\n{header(inner, 'Subject')}\n{text}"

    def _alternative(self, children: list[Part], depth: int) -> str:
        """Return the plain text; the HTML where it says more; both where each says something else."""
        plain, rich = "", ""
        for child in children:
            text = self.text(child, depth + 1)
            if child.get_content_type() == "text/plain":
                plain = plain if plain.strip() else text
            elif len(text) > len(rich):
                rich = text
        if not plain.strip() or not rich.strip():
            return plain if plain.strip() else rich
        if len(rich.split()) < MIN_HTML_WORDS or _shared(of=rich, within=plain) >= MIN_COVERED_WORDS:
            return plain
        if _shared(of=plain, within=rich) >= MIN_SHARED_WORDS or _is_stub(plain):
            return rich
        return _joined((plain, rich))


def _is_attached(part: Part) -> bool:
    return part.get_content_disposition() == "attachment"


def _is_message(part: Part) -> bool:
    """Return whether a part is a whole message, also where it is attached as a file ".eml"."""
    if part.get_content_type() in ("message/rfc822", "message/global"):
        return True
    return part.get_content_maintype() == "application" and str(part.get_filename() or "").lower().endswith(".eml")


def _inner_message(part: Part) -> Part | None:
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if isinstance(inner, MIMEPart | EmailMessage) and inner.keys():
        return inner
    # A file, or against RFC 2046 with a transfer encoding: its text is the encoded message.
    encoded = inner if isinstance(inner, MIMEPart | EmailMessage) else part
    data = decode_payload(encoded, str(part.get("Content-Transfer-Encoding", "")))
    message = email.message_from_bytes(data, policy=email.policy.default)
    return message if message.keys() else None


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(text.strip("\r\n") for text in texts if text.strip())


def _shared(*, of: str, within: str) -> float:
    """Return the share of the words of one text that another has, too."""
    words = set(_WORD.findall(of.lower()))
    return len(words & set(_WORD.findall(within.lower()))) / len(words) if words else 1.0


def _is_stub(plain: str) -> bool:
    return len(plain.split()) <= MAX_STUB_WORDS and _STUB.search(plain) is not None
