"""The support mailbox: IMAP, a Maildir, an mbox or a folder of .eml; read only, each message once."""

from __future__ import annotations

import hashlib
import imaplib
import logging
import threading
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from schemas.support import MAILS
from stream.sources.delivered import Delivered
from stream.sources.imap import MOST_BYTES, ImapFolder, imap_folder
from stream.sources.mail_files import stored_mails
from stream.sources.mime import MessageError, read_message
from stream.sources.source import Outlet, Source, SourceError, now

log = logging.getLogger(__name__)

BATCH = 50
"""messages between two acknowledgements: after a crash at most so many are sent again, with the same ids"""

TRIES = 3
"""connections in which the server may refuse one message before the others go on without it"""

_LETTER_BYTES = 500_000


class MailboxSource(Source):
    """One mailbox.

    Only what Kafka has acknowledged is remembered, so a crash repeats messages but loses none; an event's id comes
    from the Message-ID, so that workers count a repeated one once.

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
        self._refused: dict[int, int] = {}

    def run(self, outlet: Outlet, stop: threading.Event) -> None:
        delivered = Delivered(self._state, self._url)
        if self._url.startswith(("imap://", "imaps://")):
            self._imap(outlet, delivered, stop)
            return
        if "://" in self._url:
            raise SourceError("a mailbox is imap://, imaps://, or a path: a Maildir, an mbox or a folder of .eml files")
        while not stop.is_set():
            self._look(Path(self._url), outlet, delivered, stop)
            outlet.alive()
            if self._once:
                return
            stop.wait(self._poll)

    def _imap(self, outlet: Outlet, delivered: Delivered, stop: threading.Event) -> None:
        with imap_folder(self._url, self._password) as folder:
            while not stop.is_set():
                outlet.alive()
                self._fetch(folder, outlet, delivered, stop)
                if self._once:
                    return
                folder.wait(stop, self._poll)

    def _look(self, path: Path, outlet: Outlet, delivered: Delivered, stop: threading.Event) -> None:
        """Forward every stored message that Kafka does not have."""
        present: set[str] = set()
        sent: list[str] = []
        for mail in stored_mails(path, settled=not self._once):
            present.add(mail.name)
            if stop.is_set() or delivered.has(mail.name):
                continue
            try:
                data = mail.read()
            except FileNotFoundError:  # a mail program moved it: the next look finds it
                continue
            except OSError as error:
                outlet.count("refused")
                log.warning("mailbox %s: a message can't be opened: %s", self.name, error.strerror)
                continue
            self._forward(outlet, data)
            sent.append(mail.name)
            if len(sent) >= BATCH:
                _acknowledge(outlet, delivered, sent)
        _acknowledge(outlet, delivered, sent)
        delivered.forget_all_but(present)

    def _fetch(self, folder: ImapFolder, outlet: Outlet, delivered: Delivered, stop: threading.Event) -> None:
        """Forward every message above the last that Kafka has."""
        uids = folder.after(delivered.last_uid(folder.validity))
        for start in range(0, len(uids), BATCH):
            reached = 0
            for uid in uids[start : start + BATCH]:
                if stop.is_set():
                    break
                data = self._message(folder, uid, outlet)
                if data is not None:
                    self._forward(outlet, data)
                reached = uid
            if not reached:
                return
            outlet.flush()
            delivered.reach(folder.validity, reached)
            delivered.save()

    def _message(self, folder: ImapFolder, uid: int, outlet: Outlet) -> bytes | None:
        """The bytes of a message, or None where it is gone or the server never gives it."""
        if self._refused.get(uid, 0) >= TRIES:
            log.error("mailbox %s: the server does not give message %d; the others go on without it", self.name, uid)
            outlet.count("refused")
            return None
        try:
            return folder.message(uid)
        except imaplib.IMAP4.error:
            self._refused[uid] = self._refused.get(uid, 0) + 1
            raise

    def _forward(self, outlet: Outlet, data: bytes) -> None:
        received: datetime = now()
        data = data[:MOST_BYTES]
        try:
            mail = read_message(data, received)
        except MessageError as error:
            # The worker buries what is no mail, with the bytes as they came, up to what a topic takes.
            log.warning("mailbox %s: a message can't be read (%s); it goes to the dead letters", self.name, error)
            outlet.count("refused")
            id_ = f"mail/sha256-{hashlib.sha256(data).hexdigest()[:32]}"
            outlet.send(MAILS, key=id_, value=data[:_LETTER_BYTES] or b" ", id=id_, time=received)
        else:
            outlet.send(MAILS, key=mail.thread, value=mail, id=f"mail/{mail.id}", time=mail.time)


def _acknowledge(outlet: Outlet, delivered: Delivered, sent: list[str]) -> None:
    """Remember what Kafka has; `sent` begins anew."""
    if sent:
        outlet.flush()
        delivered.add(sent)
        delivered.save()
        sent.clear()
