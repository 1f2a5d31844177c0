"""One folder of an IMAP server, opened so that nothing in it changes."""

from __future__ import annotations

import imaplib
import ipaddress
import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailboxLoginError, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxFolderStatusError

from stream.sources.source import SourceError

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 15.0

IDLE_SECONDS = 240
"""RFC 2177 asks clients to renew IDLE at least every 29 minutes; home routers forget a connection sooner."""

MOST_BYTES = 25_000_000
"""of a message that are fetched; what comes after is attachments"""


class ImapFolder:
    """A folder that is open.

    Attributes:
        validity: UIDVALIDITY: UIDs of another one name other messages.
    """

    def __init__(self, box: BaseMailBox, name: str) -> None:
        self._box, self._name = box, name
        _, said = box.client.capability()  # a server may tell more once it knows the user
        self._idles = b"IDLE" in b" ".join(line for line in said if isinstance(line, bytes)).upper().split()
        self.validity = int(box.folder.status(name, ["UIDVALIDITY"])["UIDVALIDITY"])

    def after(self, uid: int) -> list[int]:
        """UIDs above this one, in order."""
        # EXAMINE, not SELECT: that would take the mark "recent" from the messages.
        self._box.folder.set(self._name, readonly=True)
        # `n:*` names the last message even when its UID is below n.
        return sorted(int(found) for found in self._box.uids(f"UID {uid + 1}:*") if int(found) > uid)

    def message(self, uid: int) -> bytes | None:
        """The message, without marking it as read; None when it is gone.

        Raises:
            imaplib.IMAP4.error: the server can't give it.
        """
        status, parts = self._box.client.uid("fetch", str(uid), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
        if status != "OK":
            raise imaplib.IMAP4.error(f"the server does not give message {uid}")
        return next((part[1] for part in parts if isinstance(part, tuple) and isinstance(part[1], bytes)), None)

    def wait(self, stop: threading.Event, poll_seconds: float) -> None:
        """Until the server says that something came, or for a while where it has no IDLE."""
        if not self._idles:
            stop.wait(poll_seconds)
            return
        with self._box.idle as idle:
            for _ in range(IDLE_SECONDS):  # in short pieces, so that `stop` is heard
                if stop.is_set() or idle.poll(timeout=1):
                    return


@contextmanager
def imap_folder(url: str, password: str) -> Iterator[ImapFolder]:
    """Open the folder that imap(s)://user@host[:port]/folder names.

    imap:// is encrypted too, where the server offers it and is not this machine.

    Raises:
        SourceError: the server can't be reached, refuses, or was lost meanwhile; without user or password.
    """
    parts = urlsplit(url)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    try:
        with _connection(parts) as box:
            user = unquote(parts.username or "")
            login = box.login if (user + password).isascii() else box.login_utf8
            login(user, password, initial_folder=None)
            yield ImapFolder(box, folder)
    except MailboxLoginError as error:
        raise SourceError("the server refuses user or password (PULSO_MAILBOX_PASSWORD)") from error
    except (MailboxFolderSelectError, MailboxFolderStatusError) as error:
        raise SourceError(f"the server has no folder {folder!r}, or does not open it") from error
    except (ImapToolsError, imaplib.IMAP4.error, OSError, EOFError) as error:
        raise SourceError(f"no connection to {parts.hostname}: {_said(error)}") from error


@contextmanager
def _connection(parts: SplitResult) -> Iterator[BaseMailBox]:
    host = parts.hostname or ""
    box: BaseMailBox
    if parts.scheme == "imaps":
        # Without a context of ours the standard library would take any certificate.
        box = MailBox(host, parts.port or 993, timeout=TIMEOUT_SECONDS, ssl_context=ssl.create_default_context())
    else:
        box = MailBoxUnencrypted(host, parts.port or 143, timeout=TIMEOUT_SECONDS)
        if not _is_here(host):
            if "STARTTLS" in box.client.capabilities:
                box.client.starttls(ssl.create_default_context())
            else:
                log.warning("%s offers no encryption: password and mail can be read on the way; use imaps://", host)
    try:
        yield box
    finally:
        with suppress(ImapToolsError, imaplib.IMAP4.error, OSError, EOFError):  # it may be gone already
            box.logout()


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _said(error: Exception) -> str:
    """What is wrong, without what the server wrote: that may name people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
