"""Record of the messages of a mailbox that Kafka has, in a small file: a restart neither loses nor repeats one."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from stream.runtime.atomic_file import replace_file

log = logging.getLogger(__name__)

MAX_NAMES = 20_000
"""Names that are kept although the mailbox no longer has the messages: a folder may be unavailable for a while."""


class DeliveredMessages:
    """Messages of one mailbox that Kafka has acknowledged.

    IMAP numbers its messages, so the highest number is enough; messages in files are recorded by name. The state of
    another server or folder in the same file is ignored.

    Args:
        path: the file; `save` replaces it in one step.
        account: address of the mailbox; only its hash is written.
    """

    def __init__(self, path: Path, account: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._account = hashlib.sha256(account.encode()).hexdigest()[:16]
        self._validity: int | None = None
        self._last_uid = 0
        self._names: dict[str, None] = {}  # an ordered set
        try:
            state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if state["account"] == self._account:
                self._names = dict.fromkeys(state["names"])
                self._validity, self._last_uid = state["uid_validity"], int(state["last_uid"])
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError):
            log.warning("%s can't be read: every message of the mailbox is sent again, with the same ids", path)

    def last_uid(self, validity: int) -> int:
        """Return the highest UID that Kafka has; 0 when the server renumbered its messages (RFC 9051, UIDVALIDITY)."""
        return self._last_uid if self._validity == validity else 0

    def has(self, name: str) -> bool:
        """Return whether Kafka has the message of this name."""
        return name in self._names

    def add(self, names: Iterable[str]) -> None:
        """Record messages that Kafka has acknowledged."""
        with self._lock:
            self._names.update(dict.fromkeys(names))

    def set_last_uid(self, validity: int, uid: int) -> None:
        """Record that Kafka has acknowledged all messages up to this UID."""
        with self._lock:
            self._last_uid = max(uid, self.last_uid(validity))
            self._validity = validity

    def prune(self, present: Collection[str]) -> None:
        """Drop the oldest names of messages that the mailbox no longer has, down to MAX_NAMES names."""
        with self._lock:
            gone = [name for name in self._names if name not in present]
            for name in gone[: max(0, len(self._names) - max(MAX_NAMES, len(present)))]:
                del self._names[name]

    def save(self) -> None:
        """Write the file."""
        with self._lock:
            state = {
                "account": self._account,
                "uid_validity": self._validity,
                "last_uid": self._last_uid,
                "names": list(self._names),
            }
            replace_file(self._path, json.dumps(state))
