"""Messages in files: a Maildir, an mbox, or a folder of .eml. Read only; nothing is locked, moved or marked."""

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
"""A file that was written more recently may not be whole yet."""


@dataclass(frozen=True, slots=True)
class StoredMail:
    """One message.

    Attributes:
        name: stays the same whatever a mail program does with the message's flags.
        read: its bytes; raises FileNotFoundError when it was moved or deleted meanwhile.
    """

    name: str
    read: Callable[[], bytes]


def stored_mails(path: Path, *, settled: bool = True) -> Iterator[StoredMail]:
    """Every message there is now. Read each before the next is asked for.

    Args:
        settled: leave a file that was written within the last second for the next look, where writers don't
            rename a whole file into place.

    Raises:
        SourceError: there is no mailbox.
    """
    if (path / "cur").is_dir() and (path / "new").is_dir():
        for part in ("new", "cur"):
            for file in sorted((path / part).iterdir()):
                if not file.name.startswith("."):
                    # A Maildir's flags follow a colon and change: the name before it does not.
                    yield StoredMail(file.name.split(":")[0], file.read_bytes)
    elif path.is_dir():
        for file in sorted(path.iterdir()):
            if file.suffix.lower() == ".eml" and (not settled or _is_settled(file)):
                yield StoredMail(file.name, file.read_bytes)
    elif path.is_file():
        if not settled or _is_settled(path):
            yield from _mbox(path)
    else:
        raise SourceError(f"{path}: neither a Maildir, nor an mbox, nor a folder of .eml files")


def _mbox(path: Path) -> Iterator[StoredMail]:
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            data = box.get_bytes(key)
            yield StoredMail(_name(data), lambda data=data: data)  # type: ignore[misc]
    finally:
        box.close()


def _name(data: bytes) -> str:
    """Its Message-ID, since mail programs write flags into an mbox; or a hash of the whole."""
    head = data.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0][:100_000]
    found = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(head).get("Message-ID")
    return hashlib.sha256(str(found).strip().encode("utf-8", "replace") if found else data).hexdigest()[:32]


def _is_settled(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= SETTLED_SECONDS
    except FileNotFoundError:
        return False
