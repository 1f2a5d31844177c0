"""Orders of ticket shops over HTTP and from a file: in Kafka before the response, refused with a reason if invalid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import yaml
from typer.testing import CliRunner

from schemas.tickets import ORDERS, TICKETS, TicketOrder
from schemas.venue import venue_type
from stream.commands.cli import app
from stream.runtime.settings import Settings
from stream.sources.order_server import OrderServer
from stream.sources.venue_sources import order_server, sources_of
from tests.stream.sources.conftest import RecordReader

pytestmark = pytest.mark.stack

SECTION = {
    "server": {"port": 0},
    "events": [
        {"id": "orders-test", "date": "2026-07-04", "on_sale": "2026-03-01T10:00:00Z", "types": [{"id": "day"}]},
        {"id": "replay-test", "date": "2026-07-04", "on_sale": "2026-03-01T10:00:00Z", "types": [{"id": "day"}]},
    ],
}
VENUE = venue_type([TICKETS]).model_validate({"name": "Test", "timezone": "Europe/Madrid", "tickets": SECTION})
ORDER = {
    "id": "o1", "event": "orders-test", "type": "day", "quantity": 2, "price_cents": 4500, "currency": "EUR",
    "time": "2026-05-04T20:00:00Z", "channel": "web",
}  # fmt: skip


def test_shops_send_orders_and_are_told_mistakes(run_sources: Callable[..., Any], record_reader: RecordReader) -> None:
    server = OrderServer(VENUE, port=0, token="secret")
    with run_sources(server), httpx.Client(headers={"Authorization": "Bearer secret"}, timeout=40) as shop:
        response = shop.post(server.url, json=[ORDER, ORDER | {"id": "o2", "buyer": "Ana", "mail": "ana@mail.example"}])
        assert (response.status_code, response.json()) == (202, {"accepted": 2})
        assert shop.post(server.url, json=ORDER | {"quantity": -2}).status_code == 202
        for wrong, reason in (
            (ORDER | {"event": "moon"}, "no event 'moon'"),
            (ORDER | {"type": "vip"}, "no type 'vip'"),
            (ORDER | {"currency": "USD"}, "sold in EUR"),
            (ORDER | {"currency": "euro"}, "currency"),
            (ORDER | {"id": "ana@mail.example"}, "mail address"),
            (ORDER | {"quantity": 0}, "quantity is 0"),
            (ORDER | {"time": "2999-01-01T00:00:00Z"}, "in the future"),
        ):
            response = shop.post(server.url, json=wrong)
            assert response.status_code == 422
            assert reason in response.json()["detail"]
        assert httpx.post(server.url, json=ORDER).status_code == 401
    records = record_reader.read(ORDERS, "orders-test")
    assert [msgspec.json.decode(m.value() or b"", type=TicketOrder).id for m in records] == ["o1", "o2", "o1"]
    ids = [dict(message.headers() or [])["ce_id"] for message in records]  # type: ignore[arg-type]
    assert len(set(ids)) == 3, "a refund with the number of its order is another record"
    assert all(b"Ana" not in (m.value() or b"") and b"@" not in (m.value() or b"") for m in records)


def test_endpoint_of_the_venue_file_has_a_token_of_its_own(broker: Settings) -> None:
    assert any(isinstance(source, OrderServer) for source in sources_of(VENUE, broker))
    order_server(VENUE, broker, 0)
    assert (broker.data / "orders-token").stat().st_mode & 0o077 == 0


def test_replay_sends_what_is_valid_and_says_what_is_not(
    broker: Settings, tmp_path: Path, record_reader: RecordReader
) -> None:
    venue, file = tmp_path / "venue.yaml", tmp_path / "orders.csv"
    venue.write_text(
        yaml.safe_dump({"name": "Test", "timezone": "Europe/Madrid", "tickets": SECTION}), encoding="utf-8"
    )
    file.write_text(
        "id;event;type;quantity;price;time\n"
        "1;replay-test;day;2;45,00;2026-05-04 10:00\n"
        "1;replay-test;day;-1;45,00;2026-05-05 10:00\n"
        ";replay-test;day;1;45,00;2026-05-06 10:00\n"
        ";replay-test;day;1;45,00;2026-05-06 10:00\n"
        "2;replay-test;vip;1;45,00;2026-05-06 10:00\n"
        "3;replay-test;day;1,5;45,00;2026-05-06 10:00\n",
        encoding="utf-8",
    )
    environment = {"PULSO_KAFKA": broker.kafka or "", "PULSO_DATA": str(broker.data), "PULSO_VENUE": str(venue)}
    result = CliRunner().invoke(app, ["tickets", "replay", str(file)], env=environment)
    assert result.exit_code == 2, result.output
    assert "4 orders accepted, 1 of them refunds, 3 tickets in sum; 2 lines refused" in result.output
    assert "line 6: the event replay-test has no type 'vip'; it has day" in result.output
    assert "line 7: quantity 1.5 is not a whole number" in result.output
    orders = [
        msgspec.json.decode(m.value() or b"", type=TicketOrder) for m in record_reader.read(ORDERS, "replay-test")
    ]
    assert [(one.quantity, one.price_cents) for one in orders] == [(2, 4500), (-1, 4500), (1, 4500), (1, 4500)]
    assert orders[0].time == datetime(2026, 5, 4, 8, tzinfo=UTC), "by the venue's clock"
    assert orders[2].id != orders[3].id, "two alike lines are two orders"
