"""Addresses of a local stack: what it calls, prints and gives to Prometheus agree with the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.local import LocalStack
from stream.local.kafka import _properties


@pytest.mark.parametrize(
    ("bind", "certificate", "demo", "url"),
    [
        ("127.0.0.1", False, False, "http://127.0.0.1:"),
        ("0.0.0.0", False, False, "http://127.0.0.1:"),
        ("127.0.0.2", True, False, "https://127.0.0.2:"),
        ("::", True, False, "https://[::1]:"),
        ("fd00::2", False, False, "http://[fd00::2]:"),
        ("::", True, True, "https://127.0.0.1:"),
    ],
)
def test_console_is_called_where_it_listens(
    bind: str, certificate: bool, demo: bool, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSO_BIND", bind)
    if certificate:
        monkeypatch.setenv("PULSO_CONSOLE_CERTIFICATE", str(tmp_path / "certificate.pem"))
    monkeypatch.setattr("stream.local.ports.is_free", lambda *_: True)
    stack = LocalStack(tmp_path / "año", workers=(), with_prometheus=False, open_demo=demo, direct_hosts=["10.0.0.7"])
    child = stack._console()
    assert stack.endpoints["console"].startswith(url)
    assert stack.describe()["bind"] == bind
    assert child.environment["NO_PROXY"].endswith("10.0.0.7") and "::1" in child.environment["no_proxy"].split(",")
    assert child.environment["PULSO_DATA"].endswith("año")


def test_properties_of_kafka_have_no_path() -> None:
    """Java reads them as ISO-8859-1, and a comma divides the list of folders."""
    text = _properties(9092, 9093)
    assert text.isascii()
    assert "log.dirs=log\n" in text
