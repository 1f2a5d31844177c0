"""Check of the console's certificate before anything starts: its server would only write a traceback to its log."""

from __future__ import annotations

import ssl

from schemas.errors import PulsoError
from stream.runtime.settings import Settings


class CertificateError(PulsoError, ValueError):
    """The console's certificate can't be used; the message names the variable and the remedy."""


def check_certificate(settings: Settings) -> None:
    """Check that certificate and key can be read, and belong together.

    Raises:
        CertificateError: they can't be used.
    """
    certificate, key = settings.console_certificate, settings.console_key
    if certificate is None:
        if key is not None:
            raise CertificateError("PULSO_CONSOLE_KEY is set without PULSO_CONSOLE_CERTIFICATE; set both, or neither")
        return
    for variable, file in (("PULSO_CONSOLE_CERTIFICATE", certificate), ("PULSO_CONSOLE_KEY", key)):
        if file is not None:
            try:
                file.read_bytes()
            except OSError as error:
                raise CertificateError(f"{variable}={file} can't be read: {error.strerror}") from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_refuse_password)
    except (ssl.SSLError, ValueError) as error:
        files = f"PULSO_CONSOLE_CERTIFICATE={certificate}" + (f" and PULSO_CONSOLE_KEY={key}" if key else "")
        raise CertificateError(
            f"{files} can't be used: {error}; give PEM files of a certificate and of its key without a passphrase"
        ) from error


def _refuse_password() -> str:
    """Refuse to ask for a passphrase.

    Raises:
        ValueError: always.
    """
    raise ValueError("the key has a passphrase")
