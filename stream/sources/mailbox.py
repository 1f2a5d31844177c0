"""The support mailbox: IMAP, a Maildir, an mbox or a folder of .eml; read only, each message once."""

from __future__ import annotations

import hashlib
import json
import logging
import mailbox
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailboxLoginError, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from schemas.topics import MAILS
from stream.sources.mime import MessageError, read_message
from stream.sources.source import Outlet, Source, SourceError, now

log = logging.getLogger(__name__)

MOST_BYTES = 25_000_000
TIMEOUT_SECONDS = 30.0
IDLE_SECONDS = 240.0
"""RFC 2177 asks clients to renew IDLE at least every 29 minutes; home routers forget a connection sooner."""

REMEMBERED = 20_000


class Seen:
    """Which messages Kafka has, in a small file that is replaced in one step."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            self._state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            self._state = {"uid_validity": None, "last_uid": 0, "names": []}
        self._names = set(self._state["names"])

    def last_uid(self, validity: int) -> int:
        """Highest UID that Kafka has; 0 when the server has numbered its messages anew."""
        return int(self._state["last_uid"]) if self._state["uid_validity"] == validity else 0

    def has(self, name: str) -> bool:
        """Whether this file or message was delivered."""
        return name in self._names

    def delivered(self, name: str = "", *, validity: int | None = None, uid: int = 0) -> None:
        """Remember what Kafka has acknowledged."""
        with self._lock:
            if name and name not in self._names:
                self._names.add(name)
                self._state["names"].append(name)
                for old in self._state["names"][:-REMEMBERED]:
                    self._names.discard(old)
                self._state["names"] = self._state["names"][-REMEMBERED:]
            if validity is not None:
                self._state["last_uid"] = max(uid, self.last_uid(validity))
                self._state["uid_validity"] = validity

    def save(self) -> None:
        """Write the file."""
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_suffix(".draft")
            draft.write_text(json.dumps(self._state), encoding="utf-8")
            draft.replace(self._path)


class MailboxSource(Source):
    """One mailbox.

    Args:
        url: imap(s)://user@host[:port]/folder, or a Maildir, an mbox file or a folder of .eml files.
        state: file that remembers what was delivered.
        once: read what is there and end; else wait for more.
    """

    kind: ClassVar[str] = "mailbox"

    def __init__(
        self, name: str, url: str, *, state: Path, password: str = "", poll_seconds: float = 30, once: bool = False
    ) -> None:
        super().__init__(name)
        self._url, self._password, self._poll, self._once = url, password, poll_seconds, once
        self._state = state

    def run(self, outlet: Outlet, stop: threading.Event) -> None:
        seen = Seen(self._state)
        if self._url.startswith(("imap://", "imaps://")):
            self._imap(outlet, seen, stop)
            return
        path = Path(self._url)
        while not stop.is_set():
            for name, data in _messages(path):
                if stop.is_set():
                    return
                if not seen.has(name):
                    self._forward(outlet, data, seen, name=name)
            self._acknowledged(outlet, seen)
            if self._once:
                return
            stop.wait(self._poll)

    def _imap(self, outlet: Outlet, seen: Seen, stop: threading.Event) -> None:
        parts = urlsplit(self._url)
        folder = unquote(parts.path.strip("/")) or "INBOX"
        try:
            with self._connected(parts.scheme, parts.hostname or "", parts.port).login(
                unquote(parts.username or ""), self._password, folder
            ) as box:
                idles = "IDLE" in box.client.capabilities
                while not stop.is_set():
                    self._fetch(box, folder, outlet, seen, stop)
                    if self._once:
                        return
                    if idles:
                        self._idle(box, stop)
                    else:
                        stop.wait(self._poll)
        except MailboxLoginError as error:
            raise SourceError("the server refuses user or password (PULSO_MAILBOX_PASSWORD)") from error
        except (ImapToolsError, OSError, EOFError) as error:
            raise SourceError(f"the connection to {parts.hostname} is lost: {type(error).__name__}") from error

    @staticmethod
    def _connected(scheme: str, host: str, port: int | None) -> BaseMailBox:
        if scheme == "imaps":
            return MailBox(host, port or 993, timeout=TIMEOUT_SECONDS)
        return MailBoxUnencrypted(host, port or 143, timeout=TIMEOUT_SECONDS)

    def _fetch(self, box: BaseMailBox, folder: str, outlet: Outlet, seen: Seen, stop: threading.Event) -> None:
        validity = int(box.folder.status(folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        box.folder.set(folder, readonly=True)
        last = seen.last_uid(validity)
        # `n:*` names the last message even when its UID is below n.
        uids = sorted(int(uid) for uid in box.uids(f"UID {last + 1}:*") if int(uid) > last)
        outlet.alive()
        for uid in uids:
            if stop.is_set():
                break
            for data in _peeked(box, uid):
                self._forward(outlet, data, seen, validity=validity, uid=uid)
            self._acknowledged(outlet, seen, validity=validity, uid=uid)

    def _idle(self, box: BaseMailBox, stop: threading.Event) -> None:
        """Wait for the server to say that something came; in short pieces, so that `stop` is heard."""
        with box.idle as idle:
            for _ in range(int(IDLE_SECONDS)):
                if stop.is_set() or idle.poll(timeout=1):
                    return

    def _forward(
        self, outlet: Outlet, data: bytes, seen: Seen, *, name: str = "", validity: int | None = None, uid: int = 0
    ) -> None:
        received: datetime = now()
        if len(data) > MOST_BYTES:
            data = data[:MOST_BYTES]
        try:
            mail = read_message(data, received)
        except MessageError as error:
            # The worker buries what is no mail, with the bytes as they came, up to what a topic takes.
            log.warning("mailbox %s: a message can't be read (%s); it goes to the dead letters", self.name, error)
            outlet.count("refused")
            id_ = f"mail/sha256-{hashlib.sha256(data).hexdigest()[:32]}"
            outlet.send(MAILS, key=id_, value=data[:500_000] or b" ", id=id_, time=received)
        else:
            outlet.send(MAILS, key=mail.thread, value=mail, id=f"mail/{mail.id}", time=mail.time)
        seen.delivered(name, validity=validity, uid=uid)

    @staticmethod
    def _acknowledged(outlet: Outlet, seen: Seen, *, validity: int | None = None, uid: int = 0) -> None:
        """Only what Kafka has may be remembered: a crash before this repeats a message, whose id is the same."""
        outlet.flush()
        seen.delivered(validity=validity, uid=uid)
        seen.save()


def _peeked(box: BaseMailBox, uid: int) -> Iterator[bytes]:
    """The message, without marking it as read."""
    status, parts = box.client.uid("fetch", str(uid), "(BODY.PEEK[])")
    if status != "OK":
        raise SourceError(f"the server does not give message {uid}")
    for part in parts:
        if isinstance(part, tuple) and isinstance(part[1], bytes):
            yield part[1]


def _messages(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every message of a Maildir, an mbox or a folder of .eml files."""
    if (path / "cur").is_dir() and (path / "new").is_dir():
        for part in ("new", "cur"):
            for file in sorted((path / part).iterdir()):
                # A Maildir's flags follow a colon and change: the name before it does not.
                yield file.name.split(":")[0], file.read_bytes()
    elif path.is_dir():
        for file in sorted(path.glob("*.eml")):
            yield file.name, file.read_bytes()
    elif path.is_file():
        box = mailbox.mbox(path, create=False)
        try:
            for key in box.iterkeys():
                data = box.get_bytes(key)
                yield hashlib.sha256(data).hexdigest()[:32], data
        finally:
            box.close()
    else:
        raise SourceError(f"{path}: neither a Maildir, nor an mbox, nor a folder of .eml files")
