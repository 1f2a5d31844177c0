"""Tickets of tills over HTTP: in Kafka before the response, and refused with a reason if invalid."""

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
from tests.stream.sources.conftest import RecordReader

pytestmark = pytest.mark.stack

VENUE = Venue(name="Test", bars=[BarSettings(id="tills-test")])
TICKET = {
    "id": "t1", "bar": "tills-test", "till": "1", "time": "2026-07-04T20:00:00Z",
    "lines": [{"product": "beer", "quantity": 2, "unit_price": 4.5}],
}  # fmt: skip


def test_tills_accept_tickets_and_explain_mistakes(
    run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    server = TillServer(VENUE, port=0, token="secret")
    url = f"http://127.0.0.1:{server.port}"
    with (
        run_sources(server),
        httpx.Client(base_url=url, headers={"Authorization": "Bearer secret"}, timeout=40) as till,
    ):
        response = till.post("/v1/tickets", json=TICKET)
        assert (response.status_code, response.json()) == (202, {"accepted": 1})
        assert till.post("/v1/tickets", json=[TICKET | {"id": "t2"}, TICKET | {"id": "t3"}]).status_code == 202
        lines = "\n".join(msgspec.json.encode(TICKET | {"id": name}).decode() for name in ("t4", "t5"))
        response = till.post("/v1/tickets", content=lines, headers={"content-type": "application/x-ndjson"})
        assert response.json() == {"accepted": 2}

        assert httpx.post(f"{url}/v1/tickets", json=TICKET).status_code == 401
        assert till.post("/v1/tickets", content=b"x" * 1_100_000).status_code == 413
        for wrong, reason in (
            (TICKET | {"bar": "moon"}, "unknown bar 'moon'"),
            (TICKET | {"lines": []}, "lines"),
            (TICKET | {"time": "later"}, "time"),
        ):
            response = till.post("/v1/tickets", json=wrong)
            assert response.status_code == 422
            assert reason in response.json()["detail"]
        assert till.get("/healthz").status_code == 200

    tickets = [msgspec.json.decode(m.value() or b"", type=Ticket) for m in record_reader.read(SALES, "tills-test")]
    assert sorted(ticket.id for ticket in tickets) == ["t1", "t2", "t3", "t4", "t5"]


def test_token_is_made_once_and_readable_by_its_owner_only(broker: Settings) -> None:
    token = token_of(broker)
    assert len(token) > 20
    assert token_of(broker) == token
    assert (broker.data / "till-token").stat().st_mode & 0o077 == 0


def test_tills_distinguish_invalid_json_from_invalid_tickets(run_sources: Callable[..., Any]) -> None:
    server = TillServer(VENUE, port=0, token="secret")
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    with run_sources(server), httpx.Client(headers={"Authorization": "Bearer secret"}, timeout=40) as till:
        for body, status, reason in (
            (b"", 400, "not valid JSON"),
            (b"{", 400, "not valid JSON"),
            (b"\xff\xfe", 400, "not valid JSON"),
            (b"[]", 422, "0 tickets"),
            (b"[" * 100_000, 422, "array"),
            (b"{}", 422, "id"),
            (msgspec.json.encode(TICKET | {"time": ahead}), 422, "check the clock"),
            (msgspec.json.encode([TICKET] * 501), 422, "501 tickets"),
        ):
            response = till.post(server.url, content=body)
            assert (response.status_code, reason in response.json()["detail"]) == (status, True), response.text
        lines = msgspec.json.encode(TICKET) + b"\n\n" + b'{"id": 5}\n'
        response = till.post(server.url, content=lines, headers={"content-type": "application/x-ndjson"})
        assert response.status_code == 422
        assert response.json()["detail"].startswith("line 3: ")
        for header in ("", "secret", "Bearer", "Bearer secrets", "Basic secret", "Bearer ñ"):
            refused = httpx.post(server.url, json=TICKET, headers={"Authorization": header.encode()})
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaRer"])
def test_scheme_of_the_token_is_accepted_in_any_case(run_sources: Callable[..., Any], scheme: str) -> None:
    server = TillServer(VENUE, port=0, token="secret")
    with run_sources(server):
        response = httpx.post(server.url, json=TICKET, headers={"Authorization": f"{scheme} secret"}, timeout=40)
        assert response.status_code == 202
        for wrong in (f"{scheme} Secret", f"{scheme}secret", scheme, "Token secret"):
            refused = httpx.post(server.url, json=TICKET, headers={"Authorization": wrong}, timeout=40)
            assert refused.status_code == 401


def test_till_learns_which_of_a_batch_is_bad(run_sources: Callable[..., Any]) -> None:
    server = TillServer(VENUE, port=0, token="secret")
    batch = [TICKET | {"id": f"b{number}"} for number in range(6)]
    batch[2] = batch[2] | {"bar": "moon"}
    batch[4] = batch[4] | {"lines": [{"product": "beer", "quantity": 250_000}]}
    ahead = (datetime.now(UTC) + timedelta(days=3650)).isoformat()
    batch[5] = batch[5] | {"time": ahead}
    lines = b"\n".join(msgspec.json.encode(one) for one in [*batch[:2], *batch[2:]]).replace(b"\n", b"\n\n", 1)
    with run_sources(server), httpx.Client(headers={"Authorization": "Bearer secret"}, timeout=40) as till:
        listed = till.post(server.url, json=batch)
        assert listed.status_code == 422
        assert [error["place"] for error in listed.json()["errors"]] == [3, 5, 6]
        assert listed.json()["detail"].startswith("ticket 3: ticket b2: unknown bar 'moon'")
        assert "250000" in listed.json()["errors"][1]["detail"] or "100000" in listed.json()["errors"][1]["detail"]
        assert "in the future" in listed.json()["errors"][2]["detail"]
        written = till.post(server.url, content=lines, headers={"content-type": "application/x-ndjson"})
        assert [error["place"] for error in written.json()["errors"]] == [4, 6, 7], "an empty line counts"
        broken = till.post(
            server.url, content=msgspec.json.encode(TICKET) + b"\n{", headers={"content-type": "application/x-ndjson"}
        )
        assert (broken.status_code, broken.json()["detail"].startswith("line 2: not valid JSON")) == (400, True)
        assert till.post(server.url, content=b"\xef\xbb\xbf" + msgspec.json.encode(TICKET)).status_code == 202


def test_tickets_with_one_number_are_different_events(
    run_sources: Callable[..., Any], record_reader: RecordReader
) -> None:
    venue = Venue(name="Test", bars=[BarSettings(id="numbers-test")])
    server = TillServer(venue, port=0, token="secret")
    one = TICKET | {"bar": "numbers-test", "id": "1"}
    sent = [one, one, one | {"till": "2"}, one | {"time": "2026-07-05T20:00:00Z"}]
    with run_sources(server), httpx.Client(headers={"Authorization": "Bearer secret"}, timeout=40) as till:
        assert till.post(server.url, json=sent).json() == {"accepted": 4}
    messages = record_reader.read(SALES, "numbers-test")
    ids = [dict(message.headers() or [])["ce_id"] for message in messages]  # type: ignore[arg-type]
    assert (len(ids), len(set(ids))) == (4, 3), "the same ticket has the same id, another one another"


def test_till_gets_503_while_kafka_is_unavailable() -> None:
    server = TillServer(VENUE, port=0, token="secret")
    stop = threading.Event()
    producer = EventProducer(Settings(kafka="127.0.0.1:1"), timeout_s=1)
    thread = threading.Thread(target=run_all, args=([server], producer, stop))
    thread.start()
    try:
        response = httpx.post(server.url, json=TICKET, headers={"Authorization": "Bearer secret"}, timeout=20)
    finally:
        stop.set()
        thread.join(timeout=10)
        with suppress(NotDeliveredError):
            producer.close()
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert not thread.is_alive()


def test_taken_port_is_retried_and_delays_no_other_source(
    run_sources: Callable[..., Any], record_reader: RecordReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.sources.source.FIRST_RETRY_SECONDS", 0.2)
    blocker = socket.create_server(("127.0.0.1", 0))
    server = TillServer(VENUE, port=blocker.getsockname()[1], token="secret")
    with run_sources(server):
        time.sleep(0.5)
        blocker.close()
        deadline = time.monotonic() + 10
        response = None
        while response is None and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                response = httpx.get(server.url.replace("/v1/tickets", "/healthz"))
            time.sleep(0.1)
    assert response is not None
    assert response.status_code == 200


def test_endpoint_is_announced_and_keeps_its_port(tmp_path: Path, run_sources: Callable[..., Any]) -> None:
    settings = Settings(data=tmp_path)
    (tmp_path / "till-token").touch()  # as after a crash during the write

    def announced_url() -> str:
        server = till_server(VENUE, settings, 0)
        with run_sources(server):
            deadline = time.monotonic() + 10
            while not (tmp_path / "tills.json").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            announced: str = msgspec.json.decode((tmp_path / "tills.json").read_bytes())["url"]
        return announced

    first_url = announced_url()
    assert announced_url() == first_url
    assert len((tmp_path / "till-token").read_text().strip()) > 20
    assert (tmp_path / "till-token").stat().st_mode & 0o077 == 0
