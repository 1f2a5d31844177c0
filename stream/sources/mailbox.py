"""The support mailbox: IMAP, a Maildir, an mbox or a folder of .eml; read only, each message once."""

from __future__ import annotations

import hashlib
import imaplib
import logging
import threading
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from schemas.ids import MailboxId
from schemas.support import MAILS
from stream.sources.delivered_messages import DeliveredMessages
from stream.sources.imap import MAX_MESSAGE_BYTES, ImapFolder, imap_folder
from stream.sources.mail_files import stored_mails
from stream.sources.mime import MailFormatError, read_message
from stream.sources.source import EventSink, Source, SourceError, now

log = logging.getLogger(__name__)

ACKNOWLEDGE_EVERY = 50
"""Messages between two acknowledgements: after a crash at most so many are sent again, with the same ids."""

MAX_FETCH_ATTEMPTS = 3
"""Connections in which the server may refuse to send a message before it is skipped."""

_MAX_DEAD_LETTER_BYTES = 500_000
"""Bytes of an unreadable message that are sent to Kafka, for the dead-letter topic."""


class MailboxSource(Source):
    """One mailbox.

    Only what Kafka has acknowledged is recorded, so a crash repeats messages and loses none. The id of an event derives
    from the Message-ID, so workers count a repeated message once.

    Args:
        name: id of the mailbox in the venue file.
        url: imap(s)://user@host[:port]/folder, or a Maildir, an mbox file or a folder of .eml files.
        state: file that records the messages that were delivered.
        once: read what is there and end; else wait for more.
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
    ) -> None:
        super().__init__(name)
        self._url, self._password, self._poll, self._once = url, password, poll_seconds, once
        self._state = state
        self._failed_fetches: dict[int, int] = {}

    def run(self, sink: EventSink, stop: threading.Event) -> None:
        """Send the messages that Kafka does not have; see `Source.run`."""
        delivered = DeliveredMessages(self._state, self._url)
        if self._url.startswith(("imap://", "imaps://")):
            self._run_imap(sink, delivered, stop)
            return
        if "://" in self._url:
            raise SourceError("use imap://, imaps://, or the path of a Maildir, an mbox or a folder of .eml files")
        while not stop.is_set():
            self._forward_files(Path(self._url), sink, delivered, stop)
            sink.report_up()
            if self._once:
                return
            stop.wait(self._poll)

    def _run_imap(self, sink: EventSink, delivered: DeliveredMessages, stop: threading.Event) -> None:
        with imap_folder(self._url, self._password) as folder:
            while not stop.is_set():
                sink.report_up()
                self._forward_imap(folder, sink, delivered, stop)
                if self._once:
                    return
                folder.wait_for_mail(stop, self._poll)

    def _forward_files(self, path: Path, sink: EventSink, delivered: DeliveredMessages, stop: threading.Event) -> None:
        """Send every stored message that Kafka does not have."""
        present: set[str] = set()
        sent: list[str] = []
        for mail in stored_mails(path, settled=not self._once):
            present.add(mail.name)
            if stop.is_set() or delivered.has(mail.name):
                continue
            try:
                data = mail.read()
            except FileNotFoundError:  # a mail program moved it: the next pass finds it
                continue
            except OSError as error:
                sink.count("refused")
                log.warning("mailbox %s: a message can't be opened: %s", self.name, error.strerror)
                continue
            self._forward(sink, data)
            sent.append(mail.name)
            if len(sent) >= ACKNOWLEDGE_EVERY:
                _acknowledge(sink, delivered, sent)
        _acknowledge(sink, delivered, sent)
        delivered.prune(present)

    def _forward_imap(
        self, folder: ImapFolder, sink: EventSink, delivered: DeliveredMessages, stop: threading.Event
    ) -> None:
        """Send every message above the last that Kafka has."""
        uids = folder.uids_after(delivered.last_uid(folder.validity))
        for start in range(0, len(uids), ACKNOWLEDGE_EVERY):
            last_sent = 0
            for uid in uids[start : start + ACKNOWLEDGE_EVERY]:
                if stop.is_set():
                    break
                data = self._message(folder, uid, sink)
                if data is not None:
                    self._forward(sink, data)
                last_sent = uid
            if not last_sent:
                return
            sink.flush()
            delivered.set_last_uid(folder.validity, last_sent)
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

    def _forward(self, sink: EventSink, data: bytes) -> None:
        received: datetime = now()
        data = data[:MAX_MESSAGE_BYTES]
        try:
            mail = read_message(data, received)
        except MailFormatError as error:
            # The worker sends what it can't decode to the dead-letter topic, with these bytes.
            sink.count("refused")
            id_ = f"mail/sha256-{hashlib.sha256(data).hexdigest()[:32]}"
            log.warning(
                "mailbox %s: a message can't be read (%s): it goes to the dead-letter topic",
                self.name, error, extra={"event_id": id_},
            )  # fmt: skip
            sink.send(MAILS, key=id_, value=data[:_MAX_DEAD_LETTER_BYTES] or b" ", id=id_, time=received)
        else:
            sink.send(MAILS, key=mail.thread, value=mail, id=f"mail/{mail.id}", time=mail.time)


def _acknowledge(sink: EventSink, delivered: DeliveredMessages, sent: list[str]) -> None:
    """Wait until Kafka has the messages, record them, and empty `sent`."""
    if sent:
        sink.flush()
        delivered.add(sent)
        delivered.save()
        sent.clear()
