"""Messages in files: a Maildir, an mbox, or a folder of .eml. Read only: nothing is locked, moved or marked."""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from stream.sources.mbox import mbox_messages
from stream.sources.source import SourceError

SETTLED_SECONDS = 1.0
"""Seconds after its last change until a file is taken as complete."""

_FIRST_DELIVERY, _LAST_DELIVERY = 946_684_800, 4_102_444_800
"""Bounds of a number that is a time of delivery in a name: the years 2000 and 2100."""

_HEAD_BYTES = 16_384
"""Bytes of a file in which its date is sought."""


@dataclass(frozen=True, slots=True)
class StoredMail:
    """One message.

    Attributes:
        name: stable name of the message, independent of its flags.
        read: returns its bytes; raises FileNotFoundError when it was moved or deleted meanwhile.
    """

    name: str
    read: Callable[[], bytes]


def stored_mails(
    path: Path, *, settled: bool = True, is_known: Callable[[str], bool] = lambda _: False
) -> Iterator[StoredMail]:
    """Yield every message that is there now, the newest first; the caller reads each before it takes the next.

    A fresh emergency must not wait behind thousands of old mails at the first start.

    Args:
        path: a Maildir, an mbox file or a folder of .eml files.
        settled: skip files that were changed within the last second, since writers of .eml and mbox files may not
            rename a complete file into place.
        is_known: returns whether the message of a name was read before: the dates of the others are read for the order.

    Raises:
        SourceError: The path is not a mailbox.
    """
    if (path / "cur").is_dir() and (path / "new").is_dir():
        for part in ("new", "cur"):
            for file in _by_arrival((path / part).iterdir(), is_known):
                if not file.name.startswith("."):
                    yield StoredMail(_stable_name(file), file.read_bytes)
    elif path.is_dir():
        for file in _by_arrival(path.iterdir(), is_known):
            if file.suffix.lower() == ".eml" and (not settled or _is_settled(file)):
                yield StoredMail(file.name, file.read_bytes)
    elif path.is_file():
        if not settled or _is_settled(path):
            yield from _mbox(path)
    else:
        raise SourceError(f"{path} is not a Maildir, an mbox or a folder of .eml files")


def _mbox(path: Path) -> Iterator[StoredMail]:
    for data in mbox_messages(path):
        yield StoredMail(_name(data), lambda data=data: data)  # type: ignore[misc]


def _name(data: bytes) -> str:
    """Return a hash of Message-ID, date, sender and body: mail programs write flags into the headers of an mbox.

    Of all bytes without a Message-ID.
    """
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    headers = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(head[:100_000])
    if not headers.get("Message-ID"):
        return hashlib.sha256(data).hexdigest()[:32]
    stable = "\n".join(str(headers.get(name, "")).strip() for name in ("Message-ID", "Date", "From"))
    return hashlib.sha256(stable.encode("utf-8", "replace") + body.strip()).hexdigest()[:32]


def _by_arrival(files: Iterable[Path], is_known: Callable[[str], bool]) -> list[Path]:
    """Return files, the one that arrived last first; those that were read before are the last, in any order."""
    return sorted(
        files, key=lambda file: (0.0 if is_known(_stable_name(file)) else _arrival(file), file.name), reverse=True
    )


def _stable_name(file: Path) -> str:
    """Return the name of a file without the flags of a Maildir, which follow a colon and change."""
    return file.name.split(":")[0]


def _arrival(file: Path) -> float:
    """Return when a message arrived: by its name in a Maildir, its date, or the time at which the file was written."""
    delivered = file.name.partition(".")[0]
    if delivered.isdigit() and _FIRST_DELIVERY <= int(delivered) < _LAST_DELIVERY:
        return float(delivered)
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
        written = file.stat().st_mtime
    except OSError:
        return 0.0
    try:
        date = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(head).get("Date")
        return min(parsedate_to_datetime(str(date)).timestamp(), time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return written


def _is_settled(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= SETTLED_SECONDS
    except FileNotFoundError:
        return False
