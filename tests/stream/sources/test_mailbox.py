"""Mailbox sources: a Maildir, an mbox and a folder of messages; each message is sent once despite failures."""

from __future__ import annotations

import hashlib
import imaplib
import mailbox
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from schemas.ids import MailboxId
from schemas.support import MAILS, Mail
from stream.runtime.producer import EventProducer, NotDeliveredError
from stream.runtime.settings import Settings
from stream.sources.imap import LoginRefusedError
from stream.sources.mailbox import MailboxSource
from stream.sources.source import EventSink, SourceError, run_all
from tests.stream.sources.conftest import RecordReader, mail_message

pytestmark = pytest.mark.stack


def test_maildir_messages_are_sent_once_despite_new_flags(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    box = mailbox.Maildir(tmp_path / "Maildir")
    for number in range(3):
        box.add(mail_message(f"maildir-{number}"))
    state = tmp_path / "state.json"

    def read_mailbox() -> None:
        with run_sources(MailboxSource("m", str(tmp_path / "Maildir"), state=state, once=True)) as thread:
            thread.join(timeout=60)

    read_mailbox()
    for key in list(box.iterkeys()):
        flagged = box[key]
        flagged.set_subdir("cur")
        flagged.add_flag("S")
        box[key] = flagged
    box.add(mail_message("maildir-3"))
    read_mailbox()
    assert [len(record_reader.read(MAILS, f"maildir-{number}")) for number in range(4)] == [1, 1, 1, 1]


def test_mbox_and_eml_folder_are_read(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    box = mailbox.mbox(tmp_path / "box")
    box.add(mail_message("mbox-1"))
    box.flush()
    (tmp_path / "eml").mkdir()
    (tmp_path / "eml" / "one.eml").write_bytes(mail_message("eml-1"))
    (tmp_path / "eml" / "two.eml").write_bytes(b"")
    sources = [
        MailboxSource(name, str(tmp_path / name), state=tmp_path / f"{name}.json", once=True) for name in ("box", "eml")
    ]
    with run_sources(*sources) as thread:
        thread.join(timeout=60)
    mail = msgspec.json.decode(record_reader.read(MAILS, "mbox-1")[0].value() or b"", type=Mail)
    assert mail.text.strip() == "¿Dónde puedo aparcar?"
    assert record_reader.read(MAILS, "eml-1")


def test_mail_without_acknowledgement_is_sent_again(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    (tmp_path / "eml").mkdir()
    (tmp_path / "eml" / "one.eml").write_bytes(mail_message("kafka-away-1"))

    def make_source() -> MailboxSource:
        return MailboxSource("away", str(tmp_path / "eml"), state=tmp_path / "state.json", once=True)

    stop = threading.Event()
    producer = EventProducer(Settings(kafka="127.0.0.1:1"), timeout_s=1)
    thread = threading.Thread(target=run_all, args=([make_source()], producer, stop))
    thread.start()
    time.sleep(3)
    stop.set()
    thread.join(timeout=10)
    with suppress(NotDeliveredError):
        producer.close()
    assert not (tmp_path / "state.json").exists(), "nothing was acknowledged"
    for _ in range(2):
        with run_sources(make_source()) as thread:
            thread.join(timeout=20)
    assert len(record_reader.read(MAILS, "kafka-away-1")) == 1


def test_mbox_flags_do_not_send_a_message_again(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    path = tmp_path / "flags"
    state = tmp_path / "state.json"

    def read_mailbox() -> None:
        with run_sources(MailboxSource("flags", str(path), state=state, once=True)) as thread:
            thread.join(timeout=60)

    box = mailbox.mbox(path)
    box.add(mail_message("flags-1"))
    box.flush()
    read_mailbox()
    for key in list(box.iterkeys()):
        flagged = box[key]
        flagged.set_flags("RO")
        box[key] = flagged
    box.add(mail_message("flags-2"))
    box.flush()
    read_mailbox()
    assert [len(record_reader.read(MAILS, f"flags-{number}")) for number in (1, 2)] == [1, 1]


def test_unreadable_message_is_sent_as_received_and_not_logged(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "eml").mkdir()
    garbage = b"From: someone@example.org\r\nX: nothing to read\r\n\r\n"
    (tmp_path / "eml" / "one.eml").write_bytes(garbage)
    with run_sources(MailboxSource("garbage", str(tmp_path / "eml"), state=tmp_path / "s.json", once=True)) as thread:
        thread.join(timeout=60)
    key = "mail/sha256-" + hashlib.sha256(garbage).hexdigest()[:32]
    assert [record.value() for record in record_reader.read(MAILS, key)] == [garbage]
    assert "goes to the dead-letter topic" in caplog.text
    assert "example.org" not in caplog.text


class RefusingFolder:
    """IMAP folder whose second message the server refuses to return."""

    validity = 1

    def uids_after(self, uid: int) -> list[int]:
        return [number for number in (1, 2, 3) if number > uid]

    def fetch_message(self, uid: int) -> bytes:
        if uid == 2:
            raise imaplib.IMAP4.error("internal error")
        return mail_message(f"refusing-{uid}")

    def wait_for_mail(self, stop: threading.Event, poll_seconds: float) -> None:
        stop.wait(0.1)


def test_message_that_the_server_refuses_is_skipped(
    tmp_path: Path, run_sources: Callable[..., Any], record_reader: RecordReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def folder(*_: str) -> Iterator[RefusingFolder]:
        try:
            yield RefusingFolder()
        except imaplib.IMAP4.error as error:
            raise SourceError("lost") from error

    monkeypatch.setattr("stream.sources.mailbox.imap_folder", folder)
    monkeypatch.setattr("stream.sources.source.FIRST_RETRY_SECONDS", 0.05)
    with run_sources(MailboxSource("refusing", "imap://x@y/", state=tmp_path / "s.json")):
        record_reader.wait_for(MAILS, "refusing-3", 1)
    assert len(record_reader.read(MAILS, "refusing-3")) == 1


def test_refused_login_names_the_variables_of_the_mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def folder(*_: str) -> None:
        raise LoginRefusedError("the server refuses user or password")

    monkeypatch.setattr("stream.sources.mailbox.imap_folder", folder)
    source = MailboxSource(MailboxId("lost-found"), "imap://x@y/", state=tmp_path / "s.json")
    with pytest.raises(SourceError, match=r"check PULSO_MAILBOX_PASSWORD_LOST_FOUND or PULSO_MAILBOX_PASSWORD$"):
        source.run(cast(EventSink, None), threading.Event())
