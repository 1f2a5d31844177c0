"""Log lines as text and as JSON, including those of librdkafka."""

from __future__ import annotations

import json
import logging
import logging.config
from collections.abc import Iterator

import pytest

from stream.runtime.kafka_clients import LOG, make_consumer
from stream.runtime.settings import Settings


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def configure(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"PULSO_{name.upper()}", value)
    Settings().configure_logging()


def test_json_line_carries_event_id_and_exception(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(monkeypatch, log_format="json")
    try:
        int("broken")
    except ValueError:
        logging.getLogger("stream.test").exception("can't read\nthis", extra={"event_id": "ticket/7"})
    (line,) = capsys.readouterr().err.splitlines()
    fields = json.loads(line)
    assert fields["level"] == "ERROR"
    assert fields["message"] == "can't read\nthis"
    assert fields["event_id"] == "ticket/7"
    assert "ValueError: invalid literal" in fields["exception"]


def test_text_line_names_level_logger_and_event(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(monkeypatch)
    logging.getLogger("stream.test").info("sent", extra={"event_id": "ticket/7"})
    assert capsys.readouterr().err.endswith(" INFO stream.test: sent [event ticket/7]\n")


def test_level_hides_lower_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    configure(monkeypatch, log_level="ERROR")
    logging.getLogger("stream.test").warning("a camera is lost")
    assert capsys.readouterr().err == ""


def test_lines_of_librdkafka_go_through_logging(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, LOG.name):
        consumer = make_consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "nobody"})
        for _ in range(30):
            consumer.poll(0.1)
            if caplog.records:
                break
        consumer.close()
    assert [record.name for record in caplog.records] == [LOG.name]  # reported once despite repeated attempts
    assert "Connection refused" in caplog.text
    assert "FAIL" not in capfd.readouterr().err


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_line_shows_the_password_of_an_address(
    log_format: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(monkeypatch, log_format=log_format)
    url = "rtsp://guard:hun/ter2@10.0.0.7:554/gate"
    text = f"Could not open {url}?token=s3cret, tgram://s3cret/chat"
    try:
        int(text)
    except ValueError:
        logging.getLogger("stream.test").exception("camera %s: %s", url, text)
    written = capsys.readouterr().err
    assert written.count("Could not open rtsp://guard") == 2, "in the message and in the traceback"
    for secret in ("hun", "ter2", "s3cret"):
        assert secret not in written, written
