"""Stored reports of days and the signing key, in the folder `reports` of the data folder.

reports/DAY.json      figures of a day, replaced until they are final
reports/DAY.log       its signed log, written once, when the day is over
reports/key.pem       private key, readable by its owner only; made on first use
reports/key.pub.pem   public key
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from processors.report.day import DayReport
from schemas.errors import PulsoError
from stream.runtime.atomic_file import replace_file

FOLDER = "reports"
KEY, PUBLIC_KEY = "key.pem", "key.pub.pem"


class KeyFileError(PulsoError):
    """A key file is missing or does not hold an Ed25519 key."""


class StoredReportError(PulsoError):
    """A stored report can't be read."""


class ReportStore:
    """Reports and key in one folder.

    Args:
        data: data folder of the settings.
    """

    def __init__(self, data: Path) -> None:
        self.folder = data / FOLDER

    def save(self, report: DayReport) -> None:
        """Store the figures of a day."""
        replace_file(self._path(report.bounds.day), msgspec.json.encode(report))

    def load(self, day: date) -> DayReport | None:
        """Return the figures of a day, or None where none are stored.

        Raises:
            StoredReportError: the file is damaged.
        """
        path = self._path(day)
        if not path.exists():
            return None
        try:
            return msgspec.json.decode(path.read_bytes(), type=DayReport)
        except msgspec.MsgspecError as error:
            raise StoredReportError(f"{path} is not a valid report ({error}); remove it to make it anew") from error

    def days(self) -> list[date]:
        """Return the days that have a report, newest first."""
        return sorted((date.fromisoformat(path.stem) for path in self.folder.glob("????-??-??.json")), reverse=True)

    def log_path(self, day: date) -> Path:
        """Return the path of a day's log."""
        return self.folder / f"{day}.log"

    def write_log(self, day: date, lines: Iterable[bytes]) -> Path:
        """Write the log of a day, which is never replaced."""
        path = self.log_path(day)
        if not path.exists():
            replace_file(path, b"".join(lines))
        return path

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the private key, made on first use, and publish the public one beside it.

        Raises:
            KeyFileError: the file holds something else.
        """
        path = self.folder / KEY
        if not path.exists():
            pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            replace_file(path, pem, mode=0o600)
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"{path} does not hold a private key: {error}") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError(f"{path} does not hold an Ed25519 key")
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        replace_file(self.folder / PUBLIC_KEY, public)
        return key

    def _path(self, day: date) -> Path:
        return self.folder / f"{day}.json"


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Return the public key of a file.

    Raises:
        KeyFileError: the file is missing or holds something else.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path} can't be read as a public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path} does not hold an Ed25519 key")
    return key
