"""Certificate of the console: mistakes are named before anything starts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from stream.runtime.console_certificate import CertificateError, check_certificate
from stream.runtime.settings import Settings

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a certificate, its key, the key of another, the key with a passphrase, and both in one file."""
    folder = tmp_path_factory.mktemp("año")
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for name in ("own", "other"):
        command = [*request, "-subj", "/CN=pulso", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    subprocess.run(
        ["openssl", "ec", "-in", "own.key", "-out", "locked.key", "-aes256", "-passout", "pass:hunter2"],
        cwd=folder, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    (folder / "both.pem").write_text((folder / "own.key").read_text() + (folder / "own.pem").read_text())
    return folder


@pytest.mark.parametrize(("certificate", "key"), [(None, None), ("own.pem", "own.key"), ("both.pem", None)])
def test_certificate_with_its_key_is_accepted(pair: Path, certificate: str | None, key: str | None) -> None:
    check_certificate(
        Settings(
            console_certificate=pair / certificate if certificate else None, console_key=pair / key if key else None
        )
    )


@pytest.mark.parametrize(
    ("certificate", "key", "reason"),
    [
        (None, "own.key", "PULSO_CONSOLE_KEY is set without PULSO_CONSOLE_CERTIFICATE"),
        ("missing.pem", "own.key", r"PULSO_CONSOLE_CERTIFICATE=.*can't be read: No such file"),
        ("own.pem", "missing.key", r"PULSO_CONSOLE_KEY=.*can't be read: No such file"),
        ("own.pem", "other.key", "can't be used: .*mismatch"),
        ("own.pem", None, "can't be used"),
        ("own.key", "own.key", "can't be used"),
        ("own.pem", "locked.key", "the key has a passphrase"),
        ("..", "own.key", r"PULSO_CONSOLE_CERTIFICATE=.*can't be read: Is a directory"),
    ],
)
def test_certificate_that_can_not_be_used_is_refused(
    pair: Path, certificate: str | None, key: str | None, reason: str
) -> None:
    settings = Settings(
        console_certificate=pair / certificate if certificate else None, console_key=pair / key if key else None
    )
    with pytest.raises(CertificateError, match=reason):
        check_certificate(settings)
