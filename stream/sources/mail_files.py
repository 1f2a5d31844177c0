"""Messages in files: a Maildir, an mbox, or a folder of .eml. Read only: nothing is locked, moved or marked."""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import mailbox
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stream.sources.source import SourceError

SETTLED_SECONDS = 1.0
"""Seconds after its last change until a file is taken as complete."""


@dataclass(frozen=True, slots=True)
class StoredMail:
    """One message.

    Attributes:
        name: stable name of the message, independent of its flags.
        read: returns its bytes; raises FileNotFoundError when it was moved or deleted meanwhile.
    """

    name: str
    read: Callable[[], bytes]


def stored_mails(path: Path, *, settled: bool = True) -> Iterator[StoredMail]:
    """Yield every message that is there now; the caller reads each before it takes the next.

    Args:
        path: a Maildir, an mbox file or a folder of .eml files.
        settled: skip files that were changed within the last second, since writers of .eml and mbox files may not
            rename a complete file into place.

    Raises:
        SourceError: The path is not a mailbox.
    """
    if (path / "cur").is_dir() and (path / "new").is_dir():
        for part in ("new", "cur"):
            for file in sorted((path / part).iterdir()):
                if not file.name.startswith("."):
                    # The flags of a Maildir follow a colon and change; the name before it does not.
                    yield StoredMail(file.name.split(":")[0], file.read_bytes)
    elif path.is_dir():
        for file in sorted(path.iterdir()):
            if file.suffix.lower() == ".eml" and (not settled or _is_settled(file)):
                yield StoredMail(file.name, file.read_bytes)
    elif path.is_file():
        if not settled or _is_settled(path):
            yield from _mbox(path)
    else:
        raise SourceError(f"{path} is not a Maildir, an mbox or a folder of .eml files")


def _mbox(path: Path) -> Iterator[StoredMail]:
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            data = box.get_bytes(key)
            yield StoredMail(_name(data), lambda data=data: data)  # type: ignore[misc]
    finally:
        box.close()


def _name(data: bytes) -> str:
    """Return a hash of its Message-ID, since mail programs write flags into an mbox; without one, of all bytes."""
    head = data.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0][:100_000]
    message_id = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(head).get("Message-ID")
    return hashlib.sha256(str(message_id).strip().encode("utf-8", "replace") if message_id else data).hexdigest()[:32]


def _is_settled(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= SETTLED_SECONDS
    except FileNotFoundError:
        return False
