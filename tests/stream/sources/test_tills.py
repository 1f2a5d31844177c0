"""Tills send tickets over HTTP: Kafka has them before the answer, and who is wrong is told why."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from schemas.bars import SALES, BarSettings, Ticket
from schemas.venue import Venue
from stream.runtime.producer import EventProducer, NotDeliveredError
from stream.runtime.settings import Settings
from stream.sources.source import run_all
from stream.sources.till_server import TillServer, token_of
from stream.sources.venue_sources import till_server
from tests.stream.sources.conftest import Brought

pytestmark = pytest.mark.stack

VENUE = Venue(name="Test", bars=[BarSettings(id="tills-test")])
TICKET = {
    "id": "t1", "bar": "tills-test", "till": "1", "time": "2026-07-04T20:00:00Z",
    "lines": [{"product": "beer", "quantity": 2, "unit_price": 4.5}],
}  # fmt: skip


def test_tills_accept_tickets_and_explain_mistakes(running: Callable[..., Any], brought: Brought) -> None:
    server = TillServer(VENUE, port=0, token="secret")
    url = f"http://127.0.0.1:{server.port}"
    with running(server), httpx.Client(base_url=url, headers={"Authorization": "Bearer secret"}, timeout=40) as till:
        one = till.post("/v1/tickets", json=TICKET)
        assert (one.status_code, one.json()) == (202, {"accepted": 1})
        assert till.post("/v1/tickets", json=[TICKET | {"id": "t2"}, TICKET | {"id": "t3"}]).status_code == 202
        lines = "\n".join(msgspec.json.encode(TICKET | {"id": name}).decode() for name in ("t4", "t5"))
        many = till.post("/v1/tickets", content=lines, headers={"content-type": "application/x-ndjson"})
        assert many.json() == {"accepted": 2}

        assert httpx.post(f"{url}/v1/tickets", json=TICKET).status_code == 401
        assert till.post("/v1/tickets", content=b"x" * 1_100_000).status_code == 413
        for wrong, why in (
            (TICKET | {"bar": "moon"}, "unknown bar 'moon'"),
            (TICKET | {"lines": []}, "lines"),
            (TICKET | {"time": "later"}, "time"),
        ):
            answer = till.post("/v1/tickets", json=wrong)
            assert answer.status_code == 422
            assert why in answer.json()["detail"]
        assert till.get("/healthz").status_code == 200

    tickets = [msgspec.json.decode(m.value() or b"", type=Ticket) for m in brought.of(SALES, "tills-test")]
    assert sorted(ticket.id for ticket in tickets) == ["t1", "t2", "t3", "t4", "t5"]


def test_token_is_made_once_and_readable_by_its_owner_only(broker: Settings) -> None:
    token = token_of(broker)
    assert len(token) > 20
    assert token_of(broker) == token
    assert (broker.data / "till-token").stat().st_mode & 0o077 == 0


def test_tills_distinguish_invalid_json_from_invalid_tickets(running: Callable[..., Any]) -> None:
    server = TillServer(VENUE, port=0, token="secret")
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    with running(server), httpx.Client(headers={"Authorization": "Bearer secret"}, timeout=40) as till:
        for body, status, why in (
            (b"", 400, "not valid JSON"),
            (b"{", 400, "not valid JSON"),
            (b"\xff\xfe", 400, "not valid JSON"),
            (b"[]", 422, "0 tickets"),
            (b"[" * 100_000, 422, "array"),
            (b"{}", 422, "id"),
            (msgspec.json.encode(TICKET | {"time": ahead}), 422, "check the clock"),
            (msgspec.json.encode([TICKET] * 501), 422, "501 tickets"),
        ):
            answer = till.post(server.url, content=body)
            assert (answer.status_code, why in answer.json()["detail"]) == (status, True), answer.text
        lines = msgspec.json.encode(TICKET) + b"\n\n" + b'{"id": 5}\n'
        answer = till.post(server.url, content=lines, headers={"content-type": "application/x-ndjson"})
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("line 3: ")
        for header in ("", "secret", "Bearer", "Bearer secrets", "Basic secret", "Bearer ñ"):
            refused = httpx.post(server.url, json=TICKET, headers={"Authorization": header.encode()})
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == "Bearer"


def test_till_gets_503_while_kafka_is_unavailable() -> None:
    server = TillServer(VENUE, port=0, token="secret")
    stop = threading.Event()
    producer = EventProducer(Settings(kafka="127.0.0.1:1"), timeout_s=1)
    thread = threading.Thread(target=run_all, args=([server], producer, stop))
    thread.start()
    try:
        answer = httpx.post(server.url, json=TICKET, headers={"Authorization": "Bearer secret"}, timeout=20)
    finally:
        stop.set()
        thread.join(timeout=10)
        with suppress(NotDeliveredError):
            producer.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert not thread.is_alive()


def test_taken_port_is_retried_and_delays_no_other_source(
    running: Callable[..., Any], brought: Brought, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.sources.source.FIRST_RETRY_SECONDS", 0.2)
    first = socket.create_server(("127.0.0.1", 0))
    server = TillServer(VENUE, port=first.getsockname()[1], token="secret")
    with running(server):
        time.sleep(0.5)
        first.close()
        end = time.monotonic() + 10
        answer = None
        while answer is None and time.monotonic() < end:
            with suppress(httpx.TransportError):
                answer = httpx.get(server.url.replace("/v1/tickets", "/healthz"))
            time.sleep(0.1)
    assert answer is not None
    assert answer.status_code == 200


def test_endpoint_is_announced_and_keeps_its_port(tmp_path: Path, running: Callable[..., Any]) -> None:
    settings = Settings(data=tmp_path)
    (tmp_path / "till-token").touch()  # a crash while it was written

    def url() -> str:
        server = till_server(VENUE, settings, 0)
        with running(server):
            end = time.monotonic() + 10
            while not (tmp_path / "tills.json").exists() and time.monotonic() < end:
                time.sleep(0.05)
            said: str = msgspec.json.decode((tmp_path / "tills.json").read_bytes())["url"]
        return said

    first = url()
    assert url() == first
    assert len((tmp_path / "till-token").read_text().strip()) > 20
    assert (tmp_path / "till-token").stat().st_mode & 0o077 == 0
