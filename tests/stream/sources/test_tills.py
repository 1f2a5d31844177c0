"""Tills send tickets over HTTP: Kafka has them before the answer, and who is wrong is told why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from schemas.events import Ticket
from schemas.topics import SALES
from schemas.venue import Bar, Venue
from stream.settings import Settings
from stream.sources.till_server import TillServer, token_of
from tests.stream.sources.conftest import Brought

pytestmark = pytest.mark.stack

VENUE = Venue(name="Test", bars=[Bar(id="tills-test")])
TICKET = {
    "id": "t1", "bar": "tills-test", "till": "1", "time": "2026-07-04T20:00:00Z",
    "lines": [{"product": "beer", "quantity": 2, "unit_price": 4.5}],
}  # fmt: skip


def test_tickets_arrive_and_mistakes_are_explained(running: Callable[..., Any], brought: Brought) -> None:
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
            (TICKET | {"bar": "moon"}, "no bar 'moon'"),
            (TICKET | {"lines": []}, "lines"),
            (TICKET | {"time": "later"}, "time"),
        ):
            answer = till.post("/v1/tickets", json=wrong)
            assert answer.status_code == 422
            assert why in answer.json()["detail"]
        assert till.get("/healthz").status_code == 200

    tickets = [msgspec.json.decode(m.value() or b"", type=Ticket) for m in brought.of(SALES, "tills-test")]
    assert sorted(ticket.id for ticket in tickets) == ["t1", "t2", "t3", "t4", "t5"]


def test_a_token_is_made_once_and_only_its_owner_may_read_it(broker: Settings) -> None:
    token = token_of(broker)
    assert len(token) > 20
    assert token_of(broker) == token
    assert (broker.data / "till-token").stat().st_mode & 0o077 == 0
