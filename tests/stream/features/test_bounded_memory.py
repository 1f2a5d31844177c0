"""Tests that what workers remember beside their tables is bounded: likes, verdicts, context, visits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from processors.recommendations.retention import TASTE_IDLE
from schemas.alerts import AlertLabel
from schemas.context import VenueContext
from schemas.itinerary import ItineraryPlan, ItineraryWishes
from schemas.recommendations import TasteEvent
from schemas.venue import Venue
from stream.features.alerts.precision import MAX_LABELS, PrecisionGauges
from stream.features.bars.venue_context import FORGET_AFTER, ContextCache
from stream.features.itinerary.book import FORGET_AFTER as VISIT_FORGOTTEN
from stream.features.itinerary.book import MAX_OFFERS, ItineraryBook
from stream.features.recommendations.agents import AttendeeLikes

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)


def test_likes_of_an_attendee_are_forgotten_a_month_after_the_last() -> None:
    likes = AttendeeLikes()

    def like(listener: str, act: str, time: datetime) -> None:
        event = TasteEvent(id=f"{listener}-{act}", listener=listener, time=time, kind="like", value=act)
        likes.add_event(msgspec.json.encode(event))

    like("stays", "faro", AT)
    like("goes", "nube", AT + timedelta(days=1))
    like("stays", "cobre", AT + timedelta(days=2))
    like("new", "faro", AT + timedelta(days=1, hours=1) + TASTE_IDLE)
    assert sorted(sorted(one) for one in likes.all()) == [["cobre", "faro"], ["faro"]]


def test_labels_of_the_alerts_that_were_raised_last_are_kept() -> None:
    gauges = PrecisionGauges(frozenset({"violence"}))
    for number in (*range(MAX_LABELS + 20), 3):
        time = AT + timedelta(minutes=number)
        label = AlertLabel(
            id=f"violence/gate@{number}", key="violence/gate", rule="violence", subject="gate", raised_at=time,
            time=time, verdict="confirmed", by="ana",
        )  # fmt: skip
        gauges.add_record(msgspec.json.encode(label))
    kept = gauges._last["violence"]
    assert len(kept) == MAX_LABELS
    assert min(label.raised_at for label in kept.values()) == AT + timedelta(minutes=20)


def test_context_of_a_source_that_others_overtook_is_forgotten() -> None:
    cache = ContextCache()

    def add(source: str, time: datetime, **values: Any) -> None:
        cache.add_record(msgspec.json.encode(VenueContext(zone="front", time=time, source=source, **values)), time)

    add("mast", AT, temperature_celsius=30.0)
    add("gate", AT + FORGET_AFTER, doors_open=True)
    assert set(cache.features("front")) == {"temperature", "doors_open"}
    add("gate", AT + FORGET_AFTER + timedelta(minutes=1), doors_open=True)
    assert set(cache.features("front")) == {"doors_open"}


@pytest.fixture
def book() -> ItineraryBook:
    return ItineraryBook(Venue(name="Test"))


def wishes(visitor: str, day: int) -> bytes:
    begin = AT + timedelta(days=day)
    return msgspec.json.encode(
        ItineraryWishes(visitor=visitor, day=begin.date(), begin=begin, end=begin + timedelta(hours=4), origin="square")
    )


def plan(visitor: str, number: int, time: datetime, *, offer: bool = False) -> bytes:
    return msgspec.json.encode(
        ItineraryPlan(
            event_id=f"p{number}", visitor=visitor, time=time, day=date(2026, 7, 4), reachable=True, offer=offer
        )
    )


def test_worker_without_wishes_of_its_own_forgets_visits_that_ended(book: ItineraryBook) -> None:
    for day in range(10):
        book.add_wishes(wishes(f"v{day}", day))
        book.add_plan(plan(f"v{day}", day, AT + timedelta(days=day)))
    assert [visitor.wishes.visitor for visitor in book.visitors()] == ["v9"]
    assert timedelta(hours=4) + VISIT_FORGOTTEN < timedelta(days=1)


def test_offers_of_an_attendee_are_bounded(book: ItineraryBook) -> None:
    book.add_wishes(wishes("v", 0))
    for number in range(MAX_OFFERS + 5):
        book.add_plan(plan("v", number, AT, offer=True))
    visitor = book.visitor("v")
    assert visitor is not None
    assert list(visitor.offers) == [f"p{number}" for number in range(5, MAX_OFFERS + 5)]
