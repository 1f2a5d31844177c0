"""Tests of the bar commands: counts, deliveries and transfers reach the worker, and the forecast is shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from schemas.bars import DEMAND, SALES, STOCK, ProductDemand, SaleLine, Ticket
from schemas.context import CONTEXT, VenueContext
from stream.commands.cli import app
from stream.runtime.producer import EventProducer
from tests.e2e.conftest import StackClient


def pulso(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.exit_code == 0, result.output
    return result.output


def send_evening(stack_client: StackClient, evening: datetime, minutes: int) -> None:
    with EventProducer(stack_client.settings) as producer:
        warm = VenueContext(zone="front", time=evening, source="weather", temperature_celsius=24)
        producer.send(CONTEXT, key="front/weather", value=warm, id="w", source="test", time=evening)
        producer.flush()
        for n in range(minutes):
            for bar in ("north", "south"):
                time = evening + timedelta(minutes=n)
                lines = (SaleLine(product="beer", quantity=6), SaleLine(product="water", quantity=2))
                ticket = Ticket(id=f"{bar}{n}", bar=bar, till="1", time=time, lines=lines)
                producer.send(SALES, key=bar, value=ticket, id=ticket.id, source="test", time=time)


@pytest.mark.stack
@pytest.mark.timeout(300)
@pytest.mark.workers("bars")
def test_bar_commands_report_stock_and_forecast(
    stack_client: StackClient, evening: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSO_KAFKA", str(stack_client.settings.kafka))
    send_evening(stack_client, evening, 120)

    def latest(bar: str, product: str) -> ProductDemand:
        newest = {record.bar: record for _, record in stack_client.records(DEMAND)}
        return next(one for one in newest[bar].products if one.product == product)

    stack_client.wait_for(
        "both bars", lambda: {r.bar for _, r in stack_client.records(DEMAND) if r.tickets == 120} >= {"north", "south"}
    )
    assert latest("north", "beer").stock == 1350 - 720
    assert "630" in pulso("stock", "show", "north")

    pulso("stock", "count", "north", "beer", "600", "--by", "ana")
    stack_client.wait_for("the count", lambda: latest("north", "beer").stock == 600)
    assert latest("north", "beer").missing == 30
    pulso("stock", "transfer", "south", "beer", "100", "--to", "north", "--by", "ana")
    stack_client.wait_for(
        "both sides of the transfer",
        lambda: (latest("north", "beer").stock, latest("south", "beer").stock) == (700, 1250 - 820),
    )
    pulso("stock", "on-its-way", "north", "water", "50")
    stack_client.wait_for("the units in transit", lambda: latest("north", "water").coming == 50)
    pulso("stock", "delivery", "north", "water", "50", "--from", "south")
    stack_client.wait_for(
        "the delivery", lambda: (latest("north", "water").stock, latest("south", "water").stock) == (910, 810)
    )
    assert latest("north", "water").coming == 0
    assert not stack_client.dead_letters(STOCK)

    pulso("context", "front", "--temperature", "33", "--break")
    contexts = {record.source: record for _, record in stack_client.records(CONTEXT)}
    assert contexts["operator-temperature-celsius"].temperature_celsius == 33
    assert contexts["operator-on-stage"].on_stage is False
    unknown_zone = CliRunner().invoke(app, ["context", "moon", "--break"], env={"COLUMNS": "200"})
    assert unknown_zone.exit_code == 2
    assert "no zone moon" in unknown_zone.output

    refused = CliRunner().invoke(app, ["stock", "count", "north", "gin", "1"], env={"COLUMNS": "200"})
    assert refused.exit_code == 2
    assert "no product 'gin'; it has beer" in refused.output

    file = tmp_path / "north.png"
    output = pulso("forecast", "north", "--product", "beer", "--heatwave", "8", "--picture", str(file))
    assert "what if" in output
    assert "rate of the last slots" in output
    assert file.read_bytes().startswith(b"\x89PNG")
    unknown = CliRunner().invoke(app, ["forecast", "north", "--act-delayed", "30"], env={"COLUMNS": "200"})
    assert unknown.exit_code == 2
    assert "learnt nothing of acts" in unknown.output
