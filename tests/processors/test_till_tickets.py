"""Recognition of tickets that a till sends twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from processors import till_tickets
from processors.till_tickets import ENTRY_BYTES, RecentTickets, Recognition, ticket_event_id
from schemas.bars import SaleLine, Ticket

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
LINES = (SaleLine(product="beer", quantity=2, unit_price=4.5), SaleLine(product="cola", quantity=1))
TICKET = Ticket(id="1", bar="north", till="1", time=AT, lines=LINES)

OTHERS = {
    "till": replace(TICKET, till="2"),
    "day": replace(TICKET, time=AT + timedelta(hours=23)),
    "second": replace(TICKET, time=AT + timedelta(seconds=1)),
    "quantity": replace(TICKET, lines=(replace(LINES[0], quantity=3), LINES[1])),
    "refund": replace(TICKET, lines=(replace(LINES[0], quantity=-2), LINES[1])),
    "order of lines": replace(TICKET, lines=LINES[::-1]),
    "price": replace(TICKET, lines=(replace(LINES[0], unit_price=5.0), LINES[1])),
    "fewer lines": replace(TICKET, lines=LINES[:1]),
}


@pytest.mark.parametrize("difference", OTHERS)
def test_same_number_with_other_content_is_another_ticket(difference: str) -> None:
    recent, other = RecentTickets(), OTHERS[difference]
    assert recent.add(TICKET, AT) is Recognition.NEW
    assert recent.add(other, other.time) is Recognition.RENUMBERED
    assert recent.add(TICKET, AT) is recent.add(other, other.time) is Recognition.REPEATED
    assert ticket_event_id(other) != ticket_event_id(TICKET)


def test_ticket_in_another_zone_is_the_same_ticket() -> None:
    madrid = replace(TICKET, time=AT.astimezone(timezone(timedelta(hours=2))))
    recent = RecentTickets()
    assert recent.add(TICKET, AT) is Recognition.NEW
    assert recent.add(madrid, AT) is Recognition.REPEATED
    assert ticket_event_id(madrid) == ticket_event_id(TICKET)


def test_other_number_with_same_content_is_another_ticket() -> None:
    """Two customers of one till may buy the same in one second."""
    recent = RecentTickets()
    assert recent.add(TICKET, AT) is Recognition.NEW
    assert recent.add(replace(TICKET, id="2"), AT) is Recognition.NEW


def test_tickets_are_forgotten_after_a_day_of_the_bar() -> None:
    recent = RecentTickets()
    for hour in range(60):
        recent.add(replace(TICKET, id=str(hour)), AT + timedelta(hours=hour))
    assert len(recent) == 25
    restored = RecentTickets(recent.state)
    assert restored.add(replace(TICKET, id="36"), AT + timedelta(hours=59)) is Recognition.REPEATED
    assert restored.add(replace(TICKET, id="30"), AT + timedelta(hours=59)) is Recognition.NEW


def test_late_ticket_does_not_shorten_the_memory() -> None:
    recent = RecentTickets()
    recent.add(TICKET, AT)
    recent.add(replace(TICKET, id="2"), AT - timedelta(days=30))
    assert recent.add(TICKET, AT) is Recognition.REPEATED
    assert recent.add(replace(TICKET, id="2"), AT) is Recognition.REPEATED


def test_memory_is_bounded_whatever_a_till_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(till_tickets, "MAX_TICKETS", 800)
    recent = RecentTickets()
    for number in range(3000):
        recent.add(replace(TICKET, id=str(number)), AT + timedelta(seconds=number))
        assert len(recent) <= 801
    state = recent.state
    assert len(state.entries) == len(recent) * ENTRY_BYTES == sum(number for _, number in state.hours) * ENTRY_BYTES
    assert recent.add(replace(TICKET, id="2999"), AT) is Recognition.REPEATED
    assert recent.add(replace(TICKET, id="0"), AT + timedelta(seconds=3000)) is Recognition.NEW
