"""IMAP sources with a real Dovecot that is restarted: each message is sent once, and only over trusted TLS."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.support import MAILS
from stream.sources.mailbox import MailboxSource
from tests.stream.sources.conftest import RecordReader, mail_message
from tests.stream.sources.dovecot import Dovecot

pytestmark = pytest.mark.stack


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[Dovecot]:
    if shutil.which("dovecot") is None and not Path("/usr/sbin/dovecot").exists():
        pytest.skip("Dovecot is not installed (Debian: dovecot-imapd)")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    server = Dovecot(tmp_path)
    server.start()
    yield server
    server.stop()


def test_imap_delivers_once_over_restarts_and_sets_no_flag(
    tmp_path: Path, dovecot: Dovecot, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    url = f"imap://support@127.0.0.1:{dovecot.port}/INBOX"

    def make_source() -> MailboxSource:
        return MailboxSource("imap", url, state=tmp_path / "state.json", password="secret", poll_seconds=1)

    dovecot.deliver(mail_message("imap-1"))
    with run_sources(make_source()):
        record_reader.wait_for(MAILS, "imap-1", 1)
        dovecot.deliver(mail_message("imap-2"))  # announced by IDLE
        record_reader.wait_for(MAILS, "imap-2", 1)
        dovecot.stop()
        time.sleep(1)
        dovecot.start()
        dovecot.deliver(mail_message("imap-3"))
        record_reader.wait_for(MAILS, "imap-3", 1)
    with run_sources(make_source()):
        dovecot.deliver(mail_message("imap-4"))
        record_reader.wait_for(MAILS, "imap-4", 1)
    assert [len(record_reader.read(MAILS, f"imap-{number}")) for number in (1, 2, 3, 4)] == [1, 1, 1, 1]
    client = dovecot.client()
    client.select("INBOX", readonly=True)
    assert client.search(None, "SEEN")[1] == [b""]
    client.logout()


def test_wrong_password_is_reported_and_not_logged(
    tmp_path: Path, dovecot: Dovecot, run_sources: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    url = f"imap://support@127.0.0.1:{dovecot.port}/INBOX"
    with run_sources(MailboxSource("wrong", url, state=tmp_path / "s.json", password="hunter2")):
        end = time.monotonic() + 60
        while "PULSO_MAILBOX_PASSWORD" not in caplog.text and time.monotonic() < end:
            time.sleep(0.2)
    assert "refuses user or password" in caplog.text
    assert "hunter2" not in caplog.text


def test_imap_keeps_flags_and_survives_renumbering(
    tmp_path: Path, dovecot: Dovecot, run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    url = f"imap://support@127.0.0.1:{dovecot.port}/INBOX"

    def read_mailbox() -> None:
        source = MailboxSource("new", url, state=tmp_path / "state.json", password="secret", once=True)
        with run_sources(source) as thread:
            thread.join(timeout=60)

    dovecot.deliver(mail_message("numbered-1"))
    read_mailbox()
    client = dovecot.client()
    assert client.select("INBOX")[0] == "OK"
    assert client.response("RECENT")[1] == [b"1"], "EXAMINE leaves a message recent"
    client.logout()
    client = dovecot.client()
    client.create("Archive")
    client.rename("INBOX", "Old")  # the server creates a new INBOX
    client.logout()
    dovecot.deliver(mail_message("numbered-2"))
    read_mailbox()
    read_mailbox()
    assert [len(record_reader.read(MAILS, f"numbered-{number}")) for number in (1, 2)] == [1, 1]


def test_missing_imap_folder_is_named_in_the_log(
    tmp_path: Path, dovecot: Dovecot, run_sources: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    url = f"imap://support@127.0.0.1:{dovecot.port}/Nowhere"
    with run_sources(MailboxSource("nowhere", url, state=tmp_path / "s.json", password="secret")):
        end = time.monotonic() + 60
        while "no folder 'Nowhere'" not in caplog.text and time.monotonic() < end:
            time.sleep(0.2)
    assert "no folder 'Nowhere'" in caplog.text


@pytest.mark.parametrize("scheme", ["imaps", "imap"])
def test_imap_verifies_the_certificate_before_the_login(
    tmp_path: Path,
    dovecot: Dovecot,
    run_sources: Callable[..., Any],
    record_reader: RecordReader,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    scheme: str,
) -> None:
    monkeypatch.setattr("stream.sources.imap._is_loopback", lambda _: False)
    port = dovecot.tls_port if scheme == "imaps" else dovecot.port  # imap:// turns to TLS with STARTTLS
    url = f"{scheme}://support@127.0.0.1:{port}/INBOX"
    dovecot.deliver(mail_message(f"tls-{scheme}"))

    def make_source() -> MailboxSource:
        return MailboxSource("tls", url, state=tmp_path / "state.json", password="secret", once=True)

    with run_sources(make_source()):
        end = time.monotonic() + 60
        while "certificate is not trusted" not in caplog.text and time.monotonic() < end:
            time.sleep(0.1)
    assert "certificate is not trusted" in caplog.text
    assert not record_reader.read(MAILS, f"tls-{scheme}")
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    with run_sources(make_source()) as thread:
        thread.join(timeout=60)
    assert len(record_reader.read(MAILS, f"tls-{scheme}")) == 1
