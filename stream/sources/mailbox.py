"""The support mailbox: IMAP, a Maildir, an mbox or a folder of .eml; read only, each message once."""

from __future__ import annotations

import hashlib
import imaplib
import logging
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import msgspec

from schemas.ids import MailboxId
from schemas.support import MAILS, Mail
from stream.runtime.settings import mailbox_variable
from stream.sources.delivered_messages import DeliveredMessages
from stream.sources.imap import MAX_MESSAGE_BYTES, ImapFolder, LoginRefusedError, imap_folder
from stream.sources.local_path import local_path
from stream.sources.mail_files import stored_mails
from stream.sources.mime import MailFormatError, read_received
from stream.sources.source import EventSink, Source, SourceError, now

log = logging.getLogger(__name__)

ACKNOWLEDGE_EVERY = 50
"""Messages between two acknowledgements: after a crash at most so many are sent again, with the same ids."""

MAX_FETCH_ATTEMPTS = 3
"""Connections in which the server may refuse to send a message before it is skipped."""

DEFAULT_OLD_AFTER = timedelta(hours=12)
"""Age at which a mail no longer alarms anybody."""

FILES_PER_PASS = 500
"""Messages in files that are sent before new ones are looked for."""

_MAX_DEAD_LETTER_BYTES = 500_000
"""Bytes of an unreadable message that are sent to Kafka, for the dead-letter topic."""


class _MailEvent(msgspec.Struct, frozen=True):
    """A message as it is sent.

    Attributes:
        id: id of the event.
        time: time of the event.
        data: the bytes of the message.
        mail: the message; None if it can't be read.
        error: reason for that.
        skipped: True for a message before the time from which the mailbox is read.
        clock_ahead: True if its date was ahead of its reception.
    """

    id: str
    time: datetime
    data: bytes
    mail: Mail | None = None
    error: str = ""
    skipped: bool = False
    clock_ahead: bool = False

    @property
    def name(self) -> str:
        """Name under which a message of IMAP is recorded, whatever its number."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:16]


class MailboxSource(Source):
    """One mailbox.

    Only what Kafka has acknowledged is recorded, so a crash repeats messages and loses none. The id of an event derives
    from the Message-ID and the content, so workers count a repeated message once. The newest messages are sent first.

    Args:
        name: id of the mailbox in the venue file.
        url: imap(s)://user@host[:port]/folder, or a Maildir, an mbox file or a folder of .eml files.
        state: file that records the messages that were delivered.
        once: read what is there and end; else wait for more.
        old_after: age at which a mail is marked as old, so that it alarms nobody.
        since: mail that arrived before this time is not sent; all mail is if left out.
    """

    kind: ClassVar[str] = "mailbox"

    def __init__(
        self,
        name: MailboxId,
        url: str,
        *,
        state: Path,
        password: str = "",
        poll_seconds: float = 30,
        once: bool = False,
        old_after: timedelta = DEFAULT_OLD_AFTER,
        since: datetime | None = None,
    ) -> None:
        super().__init__(name)
        self._url, self._password, self._poll, self._once = url, password, poll_seconds, once
        self._state = state
        self._old_after, self._since = old_after, since
        self._failed_fetches: dict[int, int] = {}

    @property
    def period_seconds(self) -> float:
        """Return the seconds between two looks at the mailbox, which count, and not its mail."""
        return self._poll

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Send the messages that Kafka does not have; see `Source.run`."""
        delivered = DeliveredMessages(self._state, self._url)
        if self._url.startswith(("imap://", "imaps://")):
            self._run_imap(sink, delivered, stop)
            return
        if (path := local_path(self._url)) is None:
            raise SourceError("use imap://, imaps://, or the path of a Maildir, an mbox or a folder of .eml files")
        while not stop.is_set():
            complete = self._forward_files(path, sink, delivered, stop)
            sink.report_up()
            if not complete:
                continue
            if self._once:
                return
            stop.wait(self._poll)

    def _run_imap(self, sink: EventSink, delivered: DeliveredMessages, stop: threading.Event) -> None:
        try:
            with imap_folder(self._url, self._password) as folder:
                while not stop.is_set():
                    sink.report_up()
                    self._forward_imap(folder, sink, delivered, stop)
                    if self._once:
                        return
                    folder.wait_for_mail(stop, self._poll)
        except LoginRefusedError as error:
            raise SourceError(f"{error}; check {mailbox_variable(self.name)} or PULSO_MAILBOX_PASSWORD") from error

    def _forward_files(self, path: Path, sink: EventSink, delivered: DeliveredMessages, stop: threading.Event) -> bool:
        """Send stored messages that Kafka does not have; return False if there are more."""
        present: set[str] = set()
        sent: list[str] = []
        total = 0
        for mail in stored_mails(path, settled=not self._once, is_known=delivered.has):
            present.add(mail.name)
            if stop.is_set() or delivered.has(mail.name):
                continue
            if total >= FILES_PER_PASS:
                _acknowledge(sink, delivered, sent)
                return False
            try:
                data = mail.read()
            except FileNotFoundError:  # a mail program moved it: the next pass finds it
                continue
            except OSError as error:
                sink.count("refused")
                log.warning("mailbox %s: a message can't be opened: %s", self.name, error.strerror)
                continue
            self._forward(sink, self._event(data))
            sent.append(mail.name)
            total += 1
            if len(sent) >= ACKNOWLEDGE_EVERY:
                _acknowledge(sink, delivered, sent)
        _acknowledge(sink, delivered, sent)
        delivered.prune(present)
        return True

    def _forward_imap(
        self, folder: ImapFolder, sink: EventSink, delivered: DeliveredMessages, stop: threading.Event
    ) -> None:
        """Send every message that Kafka does not have; new ones that come meanwhile go first."""
        while not stop.is_set():
            validity = folder.validity
            pending = delivered.pending(validity, folder.uids_after(delivered.last_uid(validity)))
            if not pending:
                delivered.close_range(validity)
                delivered.save()
                return
            self._forward_batch(folder, sink, delivered, stop, pending[:ACKNOWLEDGE_EVERY])

    def _forward_batch(
        self, folder: ImapFolder, sink: EventSink, delivered: DeliveredMessages, stop: threading.Event, uids: list[int]
    ) -> None:
        """Send messages and record those that were sent, also if the server refuses one of them."""
        done: list[int] = []
        fresh: list[str] = []
        backlog: list[str] = []
        highest = delivered.highest_uid(folder.validity)
        try:
            for uid in uids:
                if stop.is_set():
                    break
                data = self._message(folder, uid, sink)
                event = self._event(data) if data is not None else None
                if event is not None and (delivered.has(event.name) or event.name in fresh + backlog):
                    sink.count("repeated")  # the server renumbered its messages, or somebody moved one
                elif event is not None:
                    self._forward(sink, event)
                    (fresh if uid > highest > 0 else backlog).append(event.name)
                done.append(uid)
        finally:
            if done:
                sink.flush()
                delivered.add_older(reversed(backlog))
                delivered.add(fresh)
                delivered.trim()
                delivered.add_uids(folder.validity, done)
                delivered.save()

    def _message(self, folder: ImapFolder, uid: int, sink: EventSink) -> bytes | None:
        """Return the bytes of a message; None when it is gone, or the server refused it MAX_FETCH_ATTEMPTS times."""
        if self._failed_fetches.get(uid, 0) >= MAX_FETCH_ATTEMPTS:
            log.error("mailbox %s: the server does not send message %d: it is skipped", self.name, uid)
            sink.count("refused")
            return None
        try:
            return folder.fetch_message(uid)
        except imaplib.IMAP4.error:
            self._failed_fetches[uid] = self._failed_fetches.get(uid, 0) + 1
            raise

    def _event(self, data: bytes) -> _MailEvent:
        """Decode a message; what can't be decoded goes to Kafka as it is."""
        received = now()
        data = data[:MAX_MESSAGE_BYTES]
        try:
            decoded = read_received(data, received)
        except MailFormatError as error:
            return _MailEvent(f"mail/sha256-{hashlib.sha256(data).hexdigest()[:32]}", received, data, error=str(error))
        old = decoded.arrived < received - self._old_after
        mail = msgspec.structs.replace(decoded.mail, old=old)
        skipped = self._since is not None and decoded.arrived < self._since
        return _MailEvent(f"mail/{mail.id}", mail.time, data, mail, skipped=skipped, clock_ahead=decoded.clock_ahead)

    def _forward(self, sink: EventSink, event: _MailEvent) -> None:
        mail = event.mail
        if event.skipped:
            sink.count("skipped")
        elif mail is None:
            # The worker sends what it can't decode to the dead-letter topic, with these bytes.
            sink.count("refused")
            log.warning(
                "mailbox %s: a message can't be read (%s): it goes to the dead-letter topic",
                self.name, event.error, extra={"event_id": event.id},
            )  # fmt: skip
            value = event.data[:_MAX_DEAD_LETTER_BYTES] or b" "
            sink.send(MAILS, key=event.id, value=value, id=event.id, time=event.time)
        else:
            if mail.old:
                sink.count("old")
            if event.clock_ahead:
                sink.count("clock_ahead")
                log.warning(
                    "mailbox %s: a message is dated ahead of its reception: it is filed at the time of that",
                    self.name, extra={"event_id": event.id},
                )  # fmt: skip
            sink.send(MAILS, key=mail.thread, value=mail, id=event.id, time=event.time)


def _acknowledge(sink: EventSink, delivered: DeliveredMessages, sent: list[str]) -> None:
    """Wait until Kafka has the messages, record them, and empty `sent`."""
    if sent:
        sink.flush()
        delivered.add(sent)
        delivered.save()
        sent.clear()
