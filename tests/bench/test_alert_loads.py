"""Tests that loads send the announced events, at valid event times, from configured places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from bench.alert_loads import TICKETS_OF_A_BAR, URGENT_EVERY, Mails, Tickets, bench_venue
from schemas.bars import Ticket
from schemas.support import Mail
from simulation.mail_texts import URGENT
from stream.runtime.record import MAX_TIME_AHEAD
from stream.runtime.venue_file import read_venue


def test_bench_venue_is_valid_without_rule_delays(tmp_path: Path) -> None:
    file = tmp_path / "venue.yaml"
    file.write_text(yaml.safe_dump(bench_venue().model_dump(mode="json", exclude_defaults=True)), encoding="utf-8")
    rules = read_venue(file).rules
    assert {rule.on_delay_seconds for rule in rules.values()} == {0.0}
    assert {rule.cool_down_seconds for rule in rules.values()} == {0.0}


@pytest.mark.parametrize("rate", [5.0, 500.0])
def test_ticket_load_uses_each_bar_once_in_time_order(rate: float) -> None:
    load = Tickets()
    bars: list[set[str]] = []
    known = {bar.id for bar in bench_venue().bars}
    for _ in range(3):
        events = [event.value for event in load.events(rate, 20)]
        tickets = [ticket for ticket in events if isinstance(ticket, Ticket)]
        assert len(tickets) == rate * 20
        bars.append({ticket.bar for ticket in tickets})
        assert bars[-1] <= known
        for bar in bars[-1]:
            times = [ticket.time for ticket in tickets if ticket.bar == bar]
            assert all(before <= after for before, after in pairwise(times))
            assert max(times) < datetime.now(UTC) + MAX_TIME_AHEAD - timedelta(minutes=1)
            assert len(times) >= min(TICKETS_OF_A_BAR, len(tickets)) * 0.9
    assert not bars[0] & bars[1]
    assert not bars[1] & bars[2]


def test_mail_load_has_urgent_mails_and_unique_ids() -> None:
    load = Mails()
    events = [event for seconds in (3, 3) for event in load.events(20, seconds)]
    assert len({event.id for event in events}) == len(events) == 120
    urgent_texts = {text for _, _, text in URGENT.values()}
    urgent = [event for event in events if isinstance(event.value, Mail) and event.value.text in urgent_texts]
    assert len(urgent) == len(events) // URGENT_EVERY
