"""Decoding of bytes and headers of mails whose charset or transfer encoding is not what they declare."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import EmailMessage, MIMEPart

_SINGLE_BYTE = re.compile(
    r"^(?:us-)?ascii|^iso-?8859|^latin|^l1$|^(?:x-)?(?:cp|windows|win)-?_?125\d|^ansi|^mac|^unknown|^x-unknown|^default|^none"
)
"""Charsets with which programs label text that is UTF-8."""

_LATIN_1 = re.compile(
    r"^(?:us-)?ascii|^iso-?_?8859-?_?(?:1|15)$|^iso_8859-1|^latin-?_?[19]$|^l1$|^ansi|^cp-?1252|^windows-?1252"
)
"""Charsets that mean windows-1252 where a byte of 0x80 to 0x9f occurs (WHATWG Encoding Standard)."""

_MOJIBAKE = re.compile(r"Ã[\x80-\xbf¡-¿‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸŽ]|Â[¡-¿\xa0]|â€")
"""UTF-8 that was decoded as windows-1252 and encoded anew."""

_BASE64_LINE = re.compile(rb"^[A-Za-z0-9+/]{2,}={0,2}$")
_MIN_BASE64_LINE = 20
"""Characters of the first line of a text from which it may be base64 without being declared so."""

MIN_SOUND_LETTERS = 0.95
"""Share of letters that can be printed from which decoded bytes are text."""

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
_ENCODED_WORD = re.compile(r"=\?([^?\s]+)\?[Bb]\?([^?\s]*)\?=")

_QUOTED_PRINTABLE = re.compile(rb"=(?:C3=[89AB][0-9A-F]|[EF][0-9A-F])")
MIN_QUOTED_LETTERS = 3
"""Quoted letters from which a text is quoted-printable without being declared so."""


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Decode a byte that is not valid UTF-8 as windows-1252, and replace what is left of a letter that was cut."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.end - error.start > 1:
        return "\ufffd", error.end
    return error.object[error.start : error.end].decode("windows-1252", "replace"), error.end


codecs.register_error("pulso-windows-1252", _windows_1252)


def decode_bytes(data: bytes, declared: str | None) -> str:
    r"""Decode text, by what its bytes show before what its label says; never raises.

    >>> decode_bytes("mañana".encode(), "iso-8859-1"), decode_bytes("“45 €”".encode("cp1252"), "iso-8859-1")
    ('mañana', '“45 €”')
    >>> decode_bytes("mañana".encode("utf-16"), "utf-8")
    'mañana'
    >>> decode_bytes("año ".encode() + b"\xff" + "día".encode(), "utf-8")
    'año ÿdía'
    """
    charset = (declared or "utf-8").strip("\"' ").lower()
    text = _decode_as(data, "utf-16") if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None
    if text is not None:
        return text
    if not charset.startswith("utf") and not (_SINGLE_BYTE.match(charset) and _is_utf8(data)):
        text = _decode_as(data, "windows-1252" if _LATIN_1.match(charset) else charset)
    elif charset.startswith(("utf-16", "utf16", "utf-32", "utf32", "utf-7", "utf7")):
        text = _decode_as(data, charset)
    if text is None:
        text = data.decode("utf-8", "pulso-windows-1252")
    return _repaired(text)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not data.isascii()


def _decode_as(data: bytes, charset: str) -> str | None:
    try:
        if charset == "windows-1252":
            return data.decode(charset, "replace")
        return data.decode(charset)
    except Exception:  # an unknown charset, or bytes that are not valid in it; some codecs raise their own errors
        return None


def _repaired(text: str) -> str:
    """Return a text that was encoded twice as it was before."""
    if not _MOJIBAKE.search(text):
        return text
    try:
        return b"".join(_as_1252(letter) for letter in text).decode("utf-8")
    except UnicodeError:
        return text


def _as_1252(letter: str) -> bytes:
    """Return the byte of a letter; windows-1252 leaves five of them undefined, which programs pass through."""
    return bytes([ord(letter)]) if "\x80" <= letter <= "\x9f" else letter.encode("windows-1252")


def decode_part(part: MIMEPart | EmailMessage) -> str:
    """Return the text of a part."""
    return decode_bytes(
        decode_payload(part, str(part.get("Content-Transfer-Encoding", ""))), part.get_content_charset()
    )


def decode_payload(part: MIMEPart | EmailMessage, encoding: str) -> bytes:
    """Return the bytes of a part without its transfer encoding, where that is as declared or can be seen."""
    raw = str(part.get_payload())
    # Base64 is ASCII, which the standard library leaves as it is.
    data = raw.encode("utf-8", "replace")
    encoding = encoding.strip().lower()
    if encoding == "base64" or (encoding in ("", "7bit", "8bit") and _looks_base64(data)):
        decoded = _decoded_base64(data)
        if decoded is None:
            decoded = _decoded_among_garbage(data)
        if decoded is not None or data.strip():
            return data if decoded is None else decoded
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return data
    if encoding in ("", "7bit", "8bit") and len(_QUOTED_PRINTABLE.findall(payload)) >= MIN_QUOTED_LETTERS:
        return quopri.decodestring(payload)
    return payload


def _looks_base64(data: bytes) -> bool:
    """Return whether a text that is declared as plain is base64 of UTF-8 text."""
    lines = data.split()
    if not lines or len(lines[0]) < _MIN_BASE64_LINE or not all(map(_BASE64_LINE.match, lines)):
        return False
    try:
        text = base64.b64decode(b"".join(lines), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)


def _decoded_base64(data: bytes) -> bytes | None:
    """Decode base64 that may be cut off, or have a footer that a mailing list or a virus scanner added.

    Returns:
        None if the text is not base64 at all.
    """
    lines = [line.strip() for line in data.splitlines()]
    end = _base64_end(lines)
    encoded = b"".join(lines[:end]).rstrip(b"=")
    if not encoded:
        return None
    if len(encoded) % 4 == 1:
        encoded = encoded[:-1]
    decoded = base64.b64decode(encoded + b"=" * (-len(encoded) % 4))
    footer = b"\n".join(lines[end:]).strip()
    return decoded + b"\n\n" + footer if footer else decoded


def _decoded_among_garbage(data: bytes) -> bytes | None:
    """Decode base64 with other characters in it, which RFC 2045 tells to ignore; None unless it is text."""
    encoded = b"".join(
        kept
        for line in data.splitlines()
        if len(kept := _NOT_BASE64.sub(b"", line)) >= max(_MIN_BASE64_LINE, int(0.9 * len(line.strip())))
    ).rstrip(b"=")
    encoded = encoded[:-1] if len(encoded) % 4 == 1 else encoded
    decoded = base64.b64decode(encoded + b"=" * (-len(encoded) % 4))
    text = decoded.decode("utf-8", "replace")
    sound = sum((letter.isprintable() and letter != "\ufffd") or letter.isspace() for letter in text)
    return decoded if text and sound >= MIN_SOUND_LETTERS * len(text) and " " in text else None


def _base64_end(lines: list[bytes]) -> int:
    """Return the number of leading lines that are base64; all of them where every one is."""
    if all(not line or _BASE64_LINE.match(line) for line in lines):
        return len(lines)
    first = next((len(line) for line in lines if line), 0)
    for index, line in enumerate(lines):
        if line and not _BASE64_LINE.match(line):
            return index
        if line and (len(line) != first or line.endswith(b"=")):  # the last line of base64 is the only short one
            return index + 1
    return len(lines)


def header(message: MIMEPart | EmailMessage, name: str) -> str:
    """Return a header on one line; an empty text without it. Letters beyond ASCII need no encoding."""
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            try:
                text = _decoded_header(str(value))
            except Exception:  # the parser of the standard library raises anything on hostile input
                text = str(value)
            return " ".join(text.replace("\x00", "").split()).encode("utf-8", "replace").decode()
    return ""


def _decoded_header(raw: str) -> str:
    unfolded = raw.replace("\r", "").replace("\n", "")
    if not unfolded.isascii():
        unfolded = decode_bytes(unfolded.encode("utf-8", "surrogateescape"), None)
    if "=?" not in unfolded:
        return unfolded
    try:
        parts = decode_header(unfolded)
    except (HeaderParseError, ValueError):  # base64 that was cut off
        return _ENCODED_WORD.sub(_decoded_word, unfolded)
    return "".join(
        part if isinstance(part, str) else decode_bytes(part, charset) for part, charset in _with_text(parts)
    )


def _decoded_word(word: re.Match[str]) -> str:
    encoded = _NOT_BASE64.sub(b"", word[2].encode("ascii", "ignore")).rstrip(b"=")
    encoded = encoded[:-1] if len(encoded) % 4 == 1 else encoded
    return decode_bytes(base64.b64decode(encoded + b"=" * (-len(encoded) % 4)), word[1])


def _with_text(parts: list[tuple[str | bytes, str | None]]) -> list[tuple[str | bytes, str | None]]:
    """Return parts of a header in which those that were not encoded are text.

    The standard library gives them as raw-unicode-escape, which keeps every letter.
    """
    return [
        (part.decode("raw-unicode-escape") if isinstance(part, bytes) and charset is None else part, charset)
        for part, charset in parts
    ]
