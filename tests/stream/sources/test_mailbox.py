"""Mailboxes: a Maildir, an mbox, and a real Dovecot that is stopped and started; each message comes once."""

from __future__ import annotations

import getpass
import hashlib
import imaplib
import mailbox
import os
import pwd
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.events import Mail
from schemas.topics import MAILS
from stream.local.ports import Ports
from stream.producer import EventProducer, NotDeliveredError
from stream.settings import Settings
from stream.sources.mailbox import MailboxSource
from stream.sources.source import SourceError, run_all
from tests.stream.sources.conftest import Brought

pytestmark = pytest.mark.stack


def message(name: str, text: str = "¿Dónde puedo aparcar?") -> bytes:
    return f"Message-ID: <{name}>\r\nSubject: Pregunta\r\nFrom: a@example.org\r\n\r\n{text}\r\n".encode()


def test_a_maildir_is_read_once_whatever_its_flags(
    tmp_path: Path, running: Callable[..., Any], brought: Brought
) -> None:
    box = mailbox.Maildir(tmp_path / "Maildir")
    for number in range(3):
        box.add(message(f"maildir-{number}"))
    state = tmp_path / "state.json"

    def read() -> None:
        with running(MailboxSource("m", str(tmp_path / "Maildir"), state=state, once=True)) as thread:
            thread.join(timeout=60)

    read()
    for key in list(box.iterkeys()):
        seen = box[key]
        seen.set_subdir("cur")
        seen.add_flag("S")
        box[key] = seen
    box.add(message("maildir-3"))
    read()
    assert [len(brought.of(MAILS, f"maildir-{number}")) for number in range(4)] == [1, 1, 1, 1]


def test_an_mbox_and_a_folder_of_eml(tmp_path: Path, running: Callable[..., Any], brought: Brought) -> None:
    box = mailbox.mbox(tmp_path / "box")
    box.add(message("mbox-1"))
    box.flush()
    (tmp_path / "eml").mkdir()
    (tmp_path / "eml" / "one.eml").write_bytes(message("eml-1"))
    (tmp_path / "eml" / "two.eml").write_bytes(b"")
    sources = [
        MailboxSource(name, str(tmp_path / name), state=tmp_path / f"{name}.json", once=True) for name in ("box", "eml")
    ]
    with running(*sources) as thread:
        thread.join(timeout=60)
    mail = msgspec.json.decode(brought.of(MAILS, "mbox-1")[0].value() or b"", type=Mail)
    assert mail.text.strip() == "¿Dónde puedo aparcar?"
    assert brought.of(MAILS, "eml-1")


class Dovecot:
    """A Dovecot of this test alone, as the user that runs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = Ports(folder / "ports.json")
        self.port, self.tls_port = ports.get("imap"), ports.get("imaps")
        self.certificate = folder / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", str(folder / "key.pem"), "-out", str(self.certificate)],
            check=True, capture_output=True,
        )  # fmt: skip
        user = getpass.getuser()
        # Dovecot refuses to serve mail as root, so then it runs as nobody.
        self.owner = pwd.getpwnam("nobody" if os.getuid() == 0 else user)
        (folder / "mail").mkdir()
        config = folder / "dovecot.conf"
        group = subprocess.run(
            ["id", "-gn", self.owner.pw_name], capture_output=True, text=True, check=True
        ).stdout.strip()
        config.write_text(
            f"""
            protocols = imap
            listen = 127.0.0.1
            base_dir = {folder}/run
            state_dir = {folder}/state
            log_path = {folder}/dovecot.log
            ssl = yes
            ssl_cert = <{self.certificate}
            ssl_key = <{folder}/key.pem
            disable_plaintext_auth = no
            mail_location = maildir:{folder}/mail
            default_login_user = {self.owner.pw_name}
            default_internal_user = {self.owner.pw_name}
            default_internal_group = {group}
            first_valid_uid = 1
            first_valid_gid = 1
            service imap-login {{
              chroot =
              inet_listener imap {{
                port = {self.port}
              }}
              inet_listener imaps {{
                port = {self.tls_port}
                ssl = yes
              }}
            }}
            service anvil {{
              chroot =
            }}
            passdb {{
              driver = static
              args = password=secret
            }}
            userdb {{
              driver = static
              args = uid={self.owner.pw_uid} gid={self.owner.pw_gid} home={folder}/mail
            }}
            """,
            encoding="utf-8",
        )
        if os.getuid() == 0:
            for path in (folder, *folder.parents):
                if path.stat().st_uid == 0 and path != path.parent and not path.stat().st_mode & 0o001:
                    path.chmod(path.stat().st_mode | 0o011)
            shutil.chown(folder / "mail", self.owner.pw_uid, self.owner.pw_gid)
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(["dovecot", "-F", "-c", str(self._config)], stderr=subprocess.PIPE)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(OSError, imaplib.IMAP4.error):
                self.client().logout()
                return
            time.sleep(0.2)
        log = self.folder / "dovecot.log"
        raise AssertionError(f"Dovecot did not start: {log.read_text() if log.exists() else ''}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=5)
        client.login("support", "secret")
        return client

    def deliver(self, data: bytes) -> None:
        client = self.client()
        client.append("INBOX", "", None, data)  # type: ignore[arg-type]
        client.logout()


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


def test_imap_brings_each_message_once_over_restarts_and_marks_nothing_as_read(
    tmp_path: Path, dovecot: Dovecot, running: Callable[..., Any], brought: Brought
) -> None:
    url = f"imap://support@127.0.0.1:{dovecot.port}/INBOX"

    def source() -> MailboxSource:
        return MailboxSource("imap", url, state=tmp_path / "state.json", password="secret", poll_seconds=1)

    dovecot.deliver(message("imap-1"))
    with running(source()):
        brought.wait(MAILS, "imap-1", 1)
        dovecot.deliver(message("imap-2"))  # IDLE brings it
        brought.wait(MAILS, "imap-2", 1)
        dovecot.stop()
        time.sleep(1)
        dovecot.start()
        dovecot.deliver(message("imap-3"))
        brought.wait(MAILS, "imap-3", 1)
    with running(source()):
        dovecot.deliver(message("imap-4"))
        brought.wait(MAILS, "imap-4", 1)
    assert [len(brought.of(MAILS, f"imap-{number}")) for number in (1, 2, 3, 4)] == [1, 1, 1, 1]
    client = dovecot.client()
    client.select("INBOX", readonly=True)
    assert client.search(None, "SEEN")[1] == [b""]
    client.logout()


def test_a_wrong_password_is_said_and_not_shown(
    tmp_path: Path, dovecot: Dovecot, running: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    url = f"imap://support@127.0.0.1:{dovecot.port}/INBOX"
    with running(MailboxSource("wrong", url, state=tmp_path / "s.json", password="hunter2")):
        end = time.monotonic() + 60
        while "PULSO_MAILBOX_PASSWORD" not in caplog.text and time.monotonic() < end:
            time.sleep(0.2)
    assert "refuses user or password" in caplog.text
    assert "hunter2" not in caplog.text


def test_the_state_of_messages_is_left_as_it_was_and_a_new_numbering_loses_none(
    tmp_path: Path, dovecot: Dovecot, running: Callable[..., Any], brought: Brought
) -> None:
    url = f"imap://support@127.0.0.1:{dovecot.port}/INBOX"

    def read() -> None:
        source = MailboxSource("new", url, state=tmp_path / "state.json", password="secret", once=True)
        with running(source) as thread:
            thread.join(timeout=60)

    dovecot.deliver(message("numbered-1"))
    read()
    client = dovecot.client()
    assert client.select("INBOX")[0] == "OK"
    assert client.response("RECENT")[1] == [b"1"], "EXAMINE leaves a message recent"
    client.logout()
    client = dovecot.client()
    client.create("Archive")
    client.rename("INBOX", "Old")  # the server makes an INBOX anew
    client.logout()
    dovecot.deliver(message("numbered-2"))
    read()
    read()
    assert [len(brought.of(MAILS, f"numbered-{number}")) for number in (1, 2)] == [1, 1]


def test_a_folder_that_is_not_there_is_named(
    tmp_path: Path, dovecot: Dovecot, running: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    url = f"imap://support@127.0.0.1:{dovecot.port}/Nowhere"
    with running(MailboxSource("nowhere", url, state=tmp_path / "s.json", password="secret")):
        end = time.monotonic() + 60
        while "no folder 'Nowhere'" not in caplog.text and time.monotonic() < end:
            time.sleep(0.2)
    assert "no folder 'Nowhere'" in caplog.text


@pytest.mark.parametrize("scheme", ["imaps", "imap"])
def test_a_server_proves_who_it_is_before_it_gets_the_password(
    tmp_path: Path, dovecot: Dovecot, running: Callable[..., Any], brought: Brought, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, scheme: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("stream.sources.imap._is_here", lambda _: False)
    port = dovecot.tls_port if scheme == "imaps" else dovecot.port  # imap:// turns to TLS with STARTTLS
    url = f"{scheme}://support@127.0.0.1:{port}/INBOX"
    dovecot.deliver(message(f"tls-{scheme}"))

    def source() -> MailboxSource:
        return MailboxSource("tls", url, state=tmp_path / "state.json", password="secret", once=True)

    with running(source()):
        end = time.monotonic() + 60
        while "certificate is not trusted" not in caplog.text and time.monotonic() < end:
            time.sleep(0.1)
    assert "certificate is not trusted" in caplog.text
    assert not brought.of(MAILS, f"tls-{scheme}")
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    with running(source()) as thread:
        thread.join(timeout=60)
    assert len(brought.of(MAILS, f"tls-{scheme}")) == 1


def test_mail_that_kafka_did_not_take_is_sent_again(
    tmp_path: Path, running: Callable[..., Any], brought: Brought
) -> None:
    (tmp_path / "eml").mkdir()
    (tmp_path / "eml" / "one.eml").write_bytes(message("kafka-away-1"))

    def source() -> MailboxSource:
        return MailboxSource("away", str(tmp_path / "eml"), state=tmp_path / "state.json", once=True)

    stop = threading.Event()
    producer = EventProducer(Settings(kafka="127.0.0.1:1"), timeout_s=1)
    thread = threading.Thread(target=run_all, args=([source()], producer, stop))
    thread.start()
    time.sleep(3)
    stop.set()
    thread.join(timeout=10)
    with suppress(NotDeliveredError):
        producer.close()
    assert not (tmp_path / "state.json").exists(), "nothing was acknowledged"
    for _ in range(2):
        with running(source()) as again:
            again.join(timeout=20)
    assert len(brought.of(MAILS, "kafka-away-1")) == 1


def test_flags_that_a_mail_program_writes_into_an_mbox_change_nothing(
    tmp_path: Path, running: Callable[..., Any], brought: Brought
) -> None:
    path = tmp_path / "flags"
    state = tmp_path / "state.json"

    def read() -> None:
        with running(MailboxSource("flags", str(path), state=state, once=True)) as thread:
            thread.join(timeout=60)

    box = mailbox.mbox(path)
    box.add(message("flags-1"))
    box.flush()
    read()
    for key in list(box.iterkeys()):
        seen = box[key]
        seen.set_flags("RO")
        box[key] = seen
    box.add(message("flags-2"))
    box.flush()
    read()
    assert [len(brought.of(MAILS, f"flags-{number}")) for number in (1, 2)] == [1, 1]


def test_what_is_no_message_goes_to_support_as_it_came_and_no_log_names_anyone(
    tmp_path: Path, running: Callable[..., Any], brought: Brought, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "eml").mkdir()
    garbage = b"From: someone@example.org\r\nX: nothing to read\r\n\r\n"
    (tmp_path / "eml" / "one.eml").write_bytes(garbage)
    with running(MailboxSource("garbage", str(tmp_path / "eml"), state=tmp_path / "s.json", once=True)) as thread:
        thread.join(timeout=60)
    key = "mail/sha256-" + hashlib.sha256(garbage).hexdigest()[:32]
    assert [found.value() for found in brought.of(MAILS, key)] == [garbage]
    assert "goes to the dead letters" in caplog.text
    assert "example.org" not in caplog.text


class _Refusing:
    """A folder whose second message the server never gives."""

    validity = 1

    def after(self, uid: int) -> list[int]:
        return [number for number in (1, 2, 3) if number > uid]

    def message(self, uid: int) -> bytes:
        if uid == 2:
            raise imaplib.IMAP4.error("internal error")
        return message(f"refusing-{uid}")

    def wait(self, stop: threading.Event, poll_seconds: float) -> None:
        stop.wait(0.1)


def test_one_message_that_the_server_never_gives_does_not_hold_up_the_others(
    tmp_path: Path, running: Callable[..., Any], brought: Brought, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def folder(*_: str) -> Iterator[_Refusing]:
        try:
            yield _Refusing()
        except imaplib.IMAP4.error as error:
            raise SourceError("lost") from error

    monkeypatch.setattr("stream.sources.mailbox.imap_folder", folder)
    monkeypatch.setattr("stream.sources.source.FIRST_PAUSE", 0.05)
    with running(MailboxSource("refusing", "imap://x@y/", state=tmp_path / "s.json")):
        brought.wait(MAILS, "refusing-3", 1)
    assert len(brought.of(MAILS, "refusing-3")) == 1
