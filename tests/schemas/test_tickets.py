"""Section `tickets` of the venue file: mistakes are told in words."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.tickets import TICKETS
from schemas.venue import venue_type

PRICES = {
    "ladder_cents": [4000, 4500, 5000], "start_cents": 4000, "floor_cents": 4000, "ceiling_cents": 5000,
    "largest_step_cents": 500,
}  # fmt: skip


def mistakes(prices: dict[str, Any] | None = None, **changes: Any) -> str:
    kind = {"id": "day", "capacity": 100, "prices": PRICES | (prices or {})} | changes.pop("type", {})
    event = {"id": "gala", "date": "2026-07-04", "on_sale": "2026-03-01T10:00:00Z", "types": [kind]} | changes
    try:
        venue_type([TICKETS]).model_validate({"name": "Test", "tickets": {"events": [event]}})
    except ValueError as error:
        return str(error)
    return ""


def test_valid_section_has_no_mistake() -> None:
    assert mistakes() == ""


@pytest.mark.parametrize(
    ("prices", "changes", "words"),
    [
        ({"ladder_cents": [4500, 4000]}, {}, "ladder_cents must rise"),
        ({"floor_cents": 4200}, {}, "between floor_cents and ceiling_cents"),
        ({"start_cents": 4100}, {}, "start_cents must be one of ladder_cents"),
        ({"largest_step_cents": 400}, {}, "no step leads across"),
        ({}, {"type": {"capacity": None}}, "prices need a capacity"),
        ({}, {"on_sale": "2026-08-01T10:00:00Z"}, "begins after the event"),
        ({}, {"types": [{"id": "day"}, {"id": "day"}]}, "gala has the type day twice"),
    ],
)
def test_mistake_is_told(prices: dict[str, Any], changes: dict[str, Any], words: str) -> None:
    assert words in mistakes(prices, **changes)
