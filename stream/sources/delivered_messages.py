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

    IMAP numbers its messages. The newest are sent first, so what was delivered is all up to a number, and all of a
    range above it that grows in both directions until it meets that number. Messages are recorded by name, too: a
    server that numbers them anew (RFC 9051, UIDVALIDITY) must not make each come twice. The state of another server or
    folder in the same file is ignored.

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
        self._range: tuple[int, int] | None = None
        self._names: dict[str, None] = {}  # an ordered set
        try:
            state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if state["account"] == self._account:
                self._names = dict.fromkeys(state["names"])
                self._validity, self._last_uid = state["uid_validity"], int(state["last_uid"])
                if state.get("uid_range"):
                    low, high = state["uid_range"]
                    self._range = int(low), int(high)
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError):
            log.warning("%s can't be read: every message of the mailbox is sent again, with the same ids", path)

    def last_uid(self, validity: int) -> int:
        """Return the UID up to which Kafka has all messages; 0 when the server renumbered them."""
        return self._last_uid if self._validity == validity else 0

    def highest_uid(self, validity: int) -> int:
        """Return the highest UID that Kafka has; 0 without any."""
        if self._validity != validity:
            return 0
        return self._range[1] if self._range is not None else self._last_uid

    def pending(self, validity: int, uids: Iterable[int]) -> list[int]:
        """Return the UIDs that Kafka does not have, in the order in which they are to be sent.

        New messages first, in their order; then those that were there before, the newest first.
        """
        last = self.last_uid(validity)
        missing = sorted(uid for uid in uids if uid > last)
        if self._validity != validity or self._range is None:
            return missing[::-1]
        low, high = self._range
        return [uid for uid in missing if uid > high] + [uid for uid in reversed(missing) if uid < low]

    def add_uids(self, validity: int, uids: Collection[int]) -> None:
        """Record that Kafka has acknowledged these messages, which must be the first of `pending`."""
        if not uids:
            return
        with self._lock:
            if self._validity != validity:
                self._validity, self._last_uid, self._range = validity, 0, None
            low, high = self._range or (min(uids), max(uids))
            self._range = min(low, *uids), max(high, *uids)

    def close_range(self, validity: int) -> None:
        """Record that nothing is missing below the range."""
        with self._lock:
            if self._validity == validity and self._range is not None:
                self._last_uid, self._range = max(self._last_uid, self._range[1]), None

    def has(self, name: str) -> bool:
        """Return whether Kafka has the message of this name."""
        return name in self._names

    def add(self, names: Iterable[str]) -> None:
        """Record messages that Kafka has acknowledged."""
        with self._lock:
            self._names.update(dict.fromkeys(names))

    def add_older(self, names: Iterable[str]) -> None:
        """Record messages, in their order, that are older than those that were recorded before."""
        with self._lock:
            self._names = dict.fromkeys([*names, *self._names])

    def trim(self) -> None:
        """Drop the oldest names down to MAX_NAMES."""
        with self._lock:
            if len(self._names) > MAX_NAMES:
                self._names = dict.fromkeys(list(self._names)[-MAX_NAMES:])

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
                "uid_range": self._range,
                "names": list(self._names),
            }
            replace_file(self._path, json.dumps(state))
