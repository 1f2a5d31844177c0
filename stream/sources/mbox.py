"""Messages of an mbox file, separated by what writers of mbox files agree on (RFC 4155), in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

_HEADER = re.compile(rb"^[!-9;-~]{1,100}:")
_KNOWN_HEADER = re.compile(
    rb"^(?:from|to|date|subject|received|return-path|message-id|delivered-to|mime-version|content-type|status|x-[a-z-]+|reply-to|"
    rb"sender|envelope-to|dkim-signature|authentication-results|in-reply-to|references|cc|list-id):",
    re.IGNORECASE,
)
_DATE = re.compile(rb"\d\d:\d\d.{0,40}\d{4}|\d{4}.{0,20}\d\d:\d\d")
_SENDER_AND_DATE = re.compile(rb"^From (?:\S+@\S*|-|MAILER-DAEMON|\?\?\?@\?\?\?) .*\d\d:\d\d")
_SENDER = re.compile(rb"^From (?:\S+@\S*|-|MAILER-DAEMON|\?\?\?@\?\?\?)\s*$")
_BOM = b"\xef\xbb\xbf"
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)


def mbox_messages(path: Path) -> Iterator[bytes]:
    """Yield the bytes of the messages, the newest first: mail is appended.

    "From " at the beginning of a line begins a message only with a sender or a date, before a header, and after an
    empty line or with both; otherwise it is a sentence of the mail, though "Date:" or "To:" may follow. One ">" is
    taken from the lines that a writer escaped.
    """
    with path.open("rb") as file:
        starts = list(_separators(file))
        end = file.seek(0, 2)
        for start, begin in reversed(starts):
            file.seek(begin)
            yield _ESCAPED.sub(rb"\1", file.read(end - begin))
            end = start


def _separators(lines: Iterator[bytes]) -> Iterator[tuple[int, int]]:
    """Yield the positions at which each separator and the message after it begin."""
    position, blank = 0, True
    for line, following in pairwise(_with_end(lines)):
        if not position and line.startswith(_BOM):
            position, line = len(_BOM), line.removeprefix(_BOM)  # noqa: PLW2901
        if line.startswith(b"From ") and _separates(line, following, blank=blank):
            yield position, position + len(line)
        blank = not line.strip()
        position += len(line)


def _with_end(lines: Iterator[bytes]) -> Iterator[bytes]:
    yield from lines
    yield b""


def _separates(line: bytes, following: bytes, *, blank: bool) -> bool:
    if _SENDER_AND_DATE.match(line) and (_KNOWN_HEADER.match(following) or (blank and following.startswith(b">From "))):
        return True
    if _KNOWN_HEADER.match(following):
        return blank and (_DATE.search(line) or _SENDER.match(line)) is not None
    return blank and _DATE.search(line) is not None and _HEADER.match(following) is not None
