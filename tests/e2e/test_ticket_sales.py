"""Ticket sales from a shop to the forecast: orders over HTTP, the worker, and a price that production approves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import yaml

from processors.tickets.curves import BookingCurve
from processors.tickets.history import write_history
from schemas.tickets import TICKET_ACTIONS, TICKET_FORECASTS, TICKET_PRICES, TicketAction, TicketPrice, TypeSales
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from stream.runtime.topic_reader import read_all
from tests.console.conftest import wait_until

NOW = datetime.now(UTC)
EVENT = (NOW + timedelta(days=60)).date()
PRICES = {
    "ladder_cents": [4000, 4500], "start_cents": 4000, "floor_cents": 4000, "ceiling_cents": 4500,
    "largest_step_cents": 500,
}  # fmt: skip


def write_venue(folder: Path) -> Path:
    """Write a venue with an event, of which twice as much is sold as of those before it."""
    event = {
        "id": "gala", "date": EVENT.isoformat(), "on_sale": (NOW - timedelta(days=40)).isoformat(),
        "types": [{"id": "day", "capacity": 1000, "prices": PRICES}],
    }  # fmt: skip
    path = folder / "venue.yaml"
    path.write_text(
        yaml.safe_dump({"name": "Test", "tickets": {"server": {"port": 0}, "events": [event]}}), encoding="utf-8"
    )
    days = tuple(range(0, 101, 5))
    write_history(folder / "history.json", tuple(
        BookingCurve(f"e{n}", "day", days, tuple((900 + n) * (1 - day / 100) for day in days), 900.0 + n)
        for n in range(20)
    ))  # fmt: skip
    return path


def orders() -> list[dict[str, Any]]:
    return [
        {
            "id": f"o{day}", "event": "gala", "type": "day", "quantity": 20, "price_cents": 4000, "currency": "EUR",
            "time": (NOW - timedelta(days=40 - day)).isoformat(),
        }
        for day in range(40)
    ]  # fmt: skip


@pytest.mark.stack
@pytest.mark.timeout(400)
def test_orders_become_a_forecast_and_an_approved_price(tmp_path: Path) -> None:
    environment = {"PULSO_TICKET_HISTORY": str(tmp_path / "history.json"), "PULSO_ORDERS_TOKEN": "secret"}
    with LocalStack(
        tmp_path / "data", venue=write_venue(tmp_path), workers=("bars",), with_prometheus=False, with_console=False,
        with_sources=True, environment=environment,
    ) as stack:  # fmt: skip
        announced = tmp_path / "data" / "orders.json"
        wait_until(announced.exists, 60)
        url = msgspec.json.decode(announced.read_bytes())["url"]
        with httpx.Client(headers={"Authorization": "Bearer secret"}, timeout=60) as shop:
            assert shop.post(url, json=orders()).status_code == 202
            assert shop.post(url, json=orders()).status_code == 202, "sent again"
        sales = wait_until(lambda: last(stack, TICKET_FORECASTS, TypeSales, lambda one: one.sold == 800), 120)
        assert sales.forecast is not None
        assert sales.forecast.final == 1000
        price = wait_until(lambda: last(stack, TICKET_PRICES, TicketPrice, lambda one: one.proposal is not None), 60)
        action = TicketAction(
            id="a1", event="gala", kind="approve", time=datetime.now(UTC), by="pau", type="day",
            proposal=price.proposal.id,
        )  # fmt: skip
        with EventProducer(stack.settings) as producer:
            producer.send(TICKET_ACTIONS, key="gala", value=action, id=action.id, source="test", time=action.time)
        approved = wait_until(lambda: last(stack, TICKET_PRICES, TicketPrice, lambda one: len(one.steps) == 2), 60)
        assert [step.cents for step in approved.steps] == [4000, 4500]
        assert last(stack, TICKET_FORECASTS, TypeSales, lambda _: True).sold == 800


def last(stack: LocalStack, topic: Any, kind: Any, is_wanted: Any) -> Any:
    """Return the last record of a topic, if it is the wanted one."""
    records = [
        msgspec.json.decode(message.value() or b"", type=kind) for message in read_all(stack.settings, topic.name)
    ]
    return records[-1] if records and is_wanted(records[-1]) else None
