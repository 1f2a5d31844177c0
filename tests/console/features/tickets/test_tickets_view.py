"""State of the tickets page, and what of the prices everybody sees."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from console.features.tickets.view import CHANNEL, TicketsView
from schemas.tickets import TICKETS, PriceProposal, PriceStep, TicketPrice, TypeSales
from schemas.venue import venue_type

AT = datetime(2026, 5, 1, 10, tzinfo=UTC)
VENUE = venue_type([TICKETS]).model_validate({
    "name": "Test",
    "tickets": {"events": [{
        "id": "summer", "title": "Verano", "date": "2026-07-04", "on_sale": "2026-03-01T10:00:00Z",
        "types": [{"id": "day", "title": "Day ticket"}, {"id": "camping"}],
    }]},
})  # fmt: skip


def prices(*steps: tuple[float, int]) -> TicketPrice:
    return TicketPrice(
        event_id="p", event="summer", type="day", time=AT, currency="EUR",
        steps=tuple(PriceStep(begin=AT + timedelta(days=day), cents=cents, reason="start") for day, cents in steps),
        proposal=PriceProposal(id="x", time=AT, cents=5000, reason="more_demand", expected_final=9, gain_cents=1),
    )  # fmt: skip


def test_events_and_types_have_the_venue_files_order_and_titles() -> None:
    view = TicketsView(VENUE)
    sales = TypeSales(
        event_id="s", event="summer", type="camping", time=AT, date=date(2026, 7, 4), days_before=64, sold=7,
        refunded=0, revenue_cents=7, currency="EUR", lacking="no_history",
    )  # fmt: skip
    assert view.apply(sales, 1) == {CHANNEL}
    (event,) = view.state()["events"]  # type: ignore[attr-defined]
    assert (event["title"], event["date"], event["days_before"]) == ("Verano", "2026-07-04", 64)
    assert [(one["id"], one["title"], one["at"]) for one in event["types"]] == [
        ("day", "Day ticket", None),
        ("camping", "camping", 1),
    ]


def test_public_prices_have_reason_and_lowest_price_but_no_proposal() -> None:
    view = TicketsView(VENUE)
    view.apply(prices((-40, 4500), (-20, 5000), (-2, 4000), (1, 4500)), 1)
    (one,) = view.public_prices(AT)
    assert one.valid is not None
    assert one.next is not None
    assert (one.valid.cents, one.valid.lowest_before) == (4000, 4500)
    assert (one.next.cents, one.next.lowest_before) == (4500, 4000)
    assert [step.cents for step in one.past] == [5000, 4500]
    assert not any("proposal" in name for name in one.__struct_fields__)


def test_price_before_the_sale_is_announced() -> None:
    view = TicketsView(VENUE)
    view.apply(prices((3, 4500)), 1)
    (one,) = view.public_prices(AT)
    assert (one.valid, one.past) == (None, ())
    assert one.next is not None
    assert one.next.cents == 4500
