"""Order, marks and counts of what a mailbox sends, without Kafka."""

# ruff: noqa: E501 - mails are easier to read unbroken

from __future__ import annotations

import imaplib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.support import Mail
from schemas.venue import Venue
from stream.runtime.settings import Settings
from stream.sources import mailbox as mailbox_module
from stream.sources.mailbox import MailboxSource
from stream.sources.source import EventSink, SourceError
from stream.sources.venue_sources import sources_of


class RecordingSink(EventSink):
    """Sink whose events arrive at once."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.counts: Counter[str] = Counter()

    def send(self, *_: Any, value: Any, **__: Any) -> None:
        if isinstance(value, Mail):
            self.mails.append(value)

    def count(self, outcome: str, number: int = 1) -> None:
        self.counts[outcome] += number

    def flush(self) -> None:
        pass

    def report_up(self) -> None:
        pass


def message(subject: str, age: timedelta = timedelta(minutes=1), message_id: str = "") -> bytes:
    date = format_datetime(datetime.now(UTC) - age)
    return f"From: eva@example.org\nSubject: {subject}\nMessage-ID: <{message_id or subject}@x>\nDate: {date}\n\nx".encode()


class Folder:
    """IMAP folder with the messages of a test."""

    def __init__(self, messages: dict[int, bytes], validity: int = 1) -> None:
        self.messages, self.validity = messages, validity
        self.refused: set[int] = set()
        self.fetched: list[int] = []

    def uids_after(self, uid: int) -> list[int]:
        return sorted(number for number in self.messages if number > uid)

    def fetch_message(self, uid: int) -> bytes:
        if uid in self.refused:
            raise imaplib.IMAP4.error("internal error")
        self.fetched.append(uid)
        return self.messages[uid]

    def wait_for_mail(self, stop: threading.Event, poll_seconds: float) -> None:
        stop.set()


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def read_folder(folder: Folder, **settings: Any) -> RecordingSink:
        @contextmanager
        def opened(*_: str) -> Iterator[Folder]:
            try:
                yield folder
            except imaplib.IMAP4.error as error:
                raise SourceError("lost") from error

        monkeypatch.setattr(mailbox_module, "imap_folder", opened)
        sink = RecordingSink()
        source = MailboxSource("m", "imap://a@x/", state=tmp_path / "state.json", once=True, **settings)  # type: ignore[arg-type]
        for _ in range(8):
            try:
                source.run(sink, threading.Event())
                break
            except SourceError:
                continue
        return sink

    return read_folder


def test_fresh_mail_goes_before_old_mail(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox_module, "ACKNOWLEDGE_EVERY", 3)
    folder = Folder({uid: message(f"old{uid}", timedelta(days=400)) for uid in range(1, 10)} | {10: message("now")})
    fetch = folder.fetch_message

    def fetch_and_deliver(uid: int) -> bytes:
        folder.messages.setdefault(11, message("meanwhile"))
        return fetch(uid)

    folder.fetch_message = fetch_and_deliver  # type: ignore[method-assign]
    sink = read(folder)
    assert [mail.subject for mail in sink.mails] == [
        "now",
        "old9",
        "old8",
        "meanwhile",
        *(f"old{n}" for n in range(7, 0, -1)),
    ]
    assert [mail.old for mail in sink.mails[:4]] == [False, True, True, False]
    assert sink.counts["old"] == 9
    assert not read(folder).mails


def test_renumbered_folder_sends_nothing_twice(read: Any) -> None:
    messages = {uid: message(f"m{uid}", timedelta(days=uid)) for uid in range(1, 400)}
    assert len(read(Folder(messages)).mails) == 399
    renumbered = {uid + 7: data for uid, data in messages.items()} | {1000: message("new")}
    sink = read(Folder(renumbered, validity=2))
    assert [mail.subject for mail in sink.mails] == ["new"]
    assert sink.counts["repeated"] == 399


def test_lost_connection_repeats_nothing_that_was_sent(read: Any) -> None:
    folder = Folder({uid: message(f"m{uid}") for uid in range(1, 6)})
    folder.refused = {3}
    sink = read(folder)
    assert sorted(mail.subject for mail in sink.mails) == ["m1", "m2", "m4", "m5"]
    assert sink.counts["refused"] == 1
    assert sorted(folder.fetched) == [1, 2, 4, 5]


def test_same_message_id_with_other_content_is_sent(read: Any) -> None:
    folder = Folder(
        {1: message("a", message_id="form"), 2: message("b", message_id="form"), 3: message("b", message_id="form")}
    )
    folder.messages[3] = folder.messages[2]
    sink = read(folder)
    assert sorted(mail.subject for mail in sink.mails) == ["a", "b"]
    assert len({mail.id for mail in sink.mails}) == 2
    assert {mail.thread for mail in sink.mails} == {"form@x"}


def test_age_limits_and_wrong_clocks_are_counted(read: Any) -> None:
    ages = {"fresh": 1, "night": 11, "yesterday": 30, "season": 24 * 90, "ahead": -2}
    folder = Folder({uid: message(name, timedelta(hours=hours)) for uid, (name, hours) in enumerate(ages.items(), 1)})
    began = datetime.now(UTC)
    sink = read(folder, since=began - timedelta(days=30))
    by_name = {mail.subject: mail for mail in sink.mails}
    assert set(by_name) == {"fresh", "night", "yesterday", "ahead"}
    assert {name for name, mail in by_name.items() if mail.old} == {"yesterday"}
    assert began <= by_name["ahead"].time <= datetime.now(UTC)
    assert (sink.counts["skipped"], sink.counts["clock_ahead"], sink.counts["old"]) == (1, 1, 1)


def test_old_age_is_a_setting(read: Any) -> None:
    sink = read(Folder({1: message("a", timedelta(hours=3))}), old_after=timedelta(hours=2))
    assert sink.mails[0].old


def test_new_files_are_sent_between_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox_module, "FILES_PER_PASS", 4)
    folder = tmp_path / "eml"
    folder.mkdir()
    for number in range(1, 11):
        (folder / f"{number}.eml").write_bytes(message(f"m{number}", timedelta(days=number)))
    sink = RecordingSink()
    send = sink.send

    def send_and_deliver(*args: Any, **fields: Any) -> None:
        (folder / "urgent.eml").write_bytes(message("urgent"))
        send(*args, **fields)

    sink.send = send_and_deliver  # type: ignore[method-assign]
    MailboxSource("m", str(folder), state=tmp_path / "s.json", once=True).run(sink, threading.Event())  # type: ignore[arg-type]
    assert [mail.subject for mail in sink.mails][:6] == ["m1", "m2", "m3", "m4", "urgent", "m5"]
    assert len(sink.mails) == 11


def test_venue_file_limits_the_age_of_mail() -> None:
    venue = yaml.safe_load(
        "{name: V, timezone: Europe/Lisbon, mailboxes: [{url: /m, since: 2026-07-01, old_after_hours: 3}]}"
    )
    (source,) = sources_of(Venue.model_validate(venue), Settings())
    assert isinstance(source, MailboxSource)
    assert source._old_after == timedelta(hours=3)
    assert source._since == datetime(2026, 6, 30, 23, tzinfo=UTC)
