"""A real IMAP server."""

from __future__ import annotations

import getpass
import imaplib
import os
import pwd
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from stream.local.ports import Ports


class Dovecot:
    """Dovecot server for one test, run by the current user."""

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
