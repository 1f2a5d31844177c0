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

MAX_MESSAGE_BYTES = 25_000_000
"""Bytes of a message that are fetched; what follows is attachments."""


class LoginRefusedError(SourceError):
    """The server refuses user or password."""


class ImapFolder:
    """An open folder.

    Attributes:
        validity: UIDVALIDITY of the folder (RFC 9051): UIDs under another value name other messages.
    """

    def __init__(self, box: BaseMailBox, name: str) -> None:
        self._box, self._name = box, name
        _, lines = box.client.capability()  # a server may offer more after the login
        self._idles = b"IDLE" in b" ".join(line for line in lines if isinstance(line, bytes)).upper().split()
        self.validity = int(box.folder.status(name, ["UIDVALIDITY"])["UIDVALIDITY"])

    def uids_after(self, uid: int) -> list[int]:
        """Return the UIDs above this one, in order."""
        # EXAMINE, not SELECT: that would take the mark "recent" from the messages.
        self._box.folder.set(self._name, readonly=True)
        # `n:*` names the last message even when its UID is below n.
        return sorted(int(text) for text in self._box.uids(f"UID {uid + 1}:*") if int(text) > uid)

    def fetch_message(self, uid: int) -> bytes | None:
        """Return the bytes of a message without marking it as read; None when it is gone.

        Raises:
            imaplib.IMAP4.error: The server refuses to send it.
        """
        status, parts = self._box.client.uid("fetch", str(uid), f"(BODY.PEEK[]<0.{MAX_MESSAGE_BYTES}>)")
        if status != "OK":
            raise imaplib.IMAP4.error(f"the server does not send message {uid}")
        return next((part[1] for part in parts if isinstance(part, tuple) and isinstance(part[1], bytes)), None)

    def wait_for_mail(self, stop: threading.Event, poll_seconds: float) -> None:
        """Wait until the server reports new mail, at most for IDLE_SECONDS; for `poll_seconds` where it has no IDLE."""
        if not self._idles:
            stop.wait(poll_seconds)
            return
        with self._box.idle as idle:
            for _ in range(IDLE_SECONDS):  # in steps of one second, to notice `stop`
                if stop.is_set() or idle.poll(timeout=1):
                    return


@contextmanager
def imap_folder(url: str, password: str) -> Iterator[ImapFolder]:
    """Open the folder that imap(s)://user@host[:port]/folder names.

    imap:// is encrypted too (STARTTLS), where the server offers it and is another machine.

    Raises:
        SourceError: The server can't be reached, refuses login or folder, or the connection was lost. The message holds
            neither user nor password.
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
        raise LoginRefusedError("the server refuses user or password") from error
    except (MailboxFolderSelectError, MailboxFolderStatusError) as error:
        raise SourceError(f"the server has no folder {folder!r}, or does not open it") from error
    except (ImapToolsError, imaplib.IMAP4.error, OSError, EOFError) as error:
        raise SourceError(f"no connection to {parts.hostname}: {_reason(error)}") from error


@contextmanager
def _connection(parts: SplitResult) -> Iterator[BaseMailBox]:
    host = parts.hostname or ""
    box: BaseMailBox
    if parts.scheme == "imaps":
        # Without an explicit context the standard library accepts any certificate.
        box = MailBox(host, parts.port or 993, timeout=TIMEOUT_SECONDS, ssl_context=ssl.create_default_context())
    else:
        box = MailBoxUnencrypted(host, parts.port or 143, timeout=TIMEOUT_SECONDS)
        if not _is_loopback(host):
            if "STARTTLS" in box.client.capabilities:
                box.client.starttls(ssl.create_default_context())
            else:
                log.warning("%s offers no encryption: password and mail can be read in transit; use imaps://", host)
    try:
        yield box
    finally:
        with suppress(ImapToolsError, imaplib.IMAP4.error, OSError, EOFError):  # the connection may be lost already
            box.logout()


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _reason(error: Exception) -> str:
    """Return a short reason, without the text of the server, which may hold personal data."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted ({error.verify_message})"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
