"""Sales, forecast and price of each event and type; what of the prices everybody may see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from processors.tickets.prices import PriceOption, announced, lowest_before, price_options, step_at
from processors.tickets.sales import begin_of
from schemas.tickets import (
    TICKETS,
    PriceProposal,
    PriceStep,
    SaleEventId,
    TicketPrice,
    TicketTypeId,
    TypeSales,
)
from schemas.venue import Venue
from stream.stores.accounts import Role

CHANNEL = "tickets"
ROLES: tuple[Role, ...] = ("production",)

REPLAY_RECORDS = 2_000
"""Records of each partition that are read at the start: more than the types of all events, as both topics are
compacted."""

Key = tuple[SaleEventId, TicketTypeId]


class PublicStep(Struct, frozen=True, kw_only=True):
    """A price, as everybody may see it.

    Attributes:
        lowest_before: lowest price of the 30 days before it; None for the first one.
    """

    cents: int
    begin: datetime
    reason: str
    lowest_before: int | None


class PublicPrice(Struct, frozen=True, kw_only=True):
    """Prices of one type of ticket.

    Attributes:
        valid: present price; None before the sale begins.
        next: announced price.
        past: earlier prices, the latest first.
    """

    event: str
    event_title: str
    type: str
    title: str
    currency: str
    valid: PublicStep | None
    next: PublicStep | None
    past: tuple[PublicStep, ...]


class TicketsView:
    """Events of the venue file, and those that records name."""

    def __init__(self, venue: Venue) -> None:
        self._events = {event.id: event for event in venue.section(TICKETS).events}
        self._zone = ZoneInfo(venue.timezone)
        self._sales: dict[Key, tuple[TypeSales, int]] = {}
        self._prices: dict[Key, TicketPrice] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply sales or prices of one event and type."""
        if isinstance(record, TypeSales):
            self._sales[record.event, record.type] = (record, received_at)
        elif isinstance(record, TicketPrice):
            self._prices[record.event, record.type] = record
        else:
            return set()
        return {CHANNEL}

    def state(self, channel: str = CHANNEL) -> dict[str, object]:
        """Return events by their date, with their types."""
        del channel
        events = [self._event(name) for name in dict.fromkeys(event for event, _ in self._keys())]
        return {"events": sorted(events, key=lambda one: (str(one["date"]), str(one["id"])))}

    def knows(self, event: SaleEventId) -> bool:
        """Return True if there is such an event."""
        return event in self._events or any(name == event for name, _ in self._sales)

    def proposal(self, event: SaleEventId, kind: TicketTypeId) -> PriceProposal | None:
        """Return the open proposal of a type."""
        prices = self._prices.get((event, kind))
        return None if prices is None else prices.proposal

    def public_prices(self, now: datetime) -> list[PublicPrice]:
        """Return the prices of all types, without proposals."""
        return [
            PublicPrice(
                event=key[0],
                event_title=self._title(key[0]),
                type=key[1],
                title=self._type_title(key),
                currency=prices.currency,
                valid=_public(prices.steps, step_at(prices.steps, now)) if prices.steps[0].begin <= now else None,
                next=None if (ahead := _ahead(prices.steps, now)) is None else _public(prices.steps, ahead),
                past=tuple(_public(prices.steps, step) for step in _past(prices.steps, now)),
            )
            for key in self._keys()
            if (prices := self._prices.get(key)) is not None and prices.steps
        ]

    def _keys(self) -> list[Key]:
        declared: list[Key] = [(event.id, one.id) for event in self._events.values() for one in event.types]
        return list(dict.fromkeys([*declared, *sorted(self._sales), *sorted(self._prices)]))

    def _event(self, name: SaleEventId) -> dict[str, object]:
        keys = [key for key in self._keys() if key[0] == name]
        known = [self._sales[key][0] for key in keys if key in self._sales]
        sales = max(known, key=lambda one: one.time, default=None)
        settings = self._events.get(name)
        day = settings.date if settings else sales.date if sales else None
        return {
            "id": name,
            "title": self._title(name),
            "date": None if day is None else day.isoformat(),
            "days_before": None if sales is None else sales.days_before,
            "marks": () if sales is None else msgspec.to_builtins(sales.marks),
            "types": [self._type(key) for key in keys],
        }

    def _type(self, key: Key) -> dict[str, object]:
        sales, at = self._sales.get(key, (None, None))
        prices = self._prices.get(key)
        return {
            "id": key[1],
            "title": self._type_title(key),
            "at": at,
            "sales": None if sales is None else msgspec.to_builtins(msgspec.structs.replace(sales, marks=())),
            "price": None if prices is None else msgspec.to_builtins(prices),
            "options": msgspec.to_builtins(self._options(key, datetime.now(UTC))),
        }

    def _options(self, key: Key, now: datetime) -> list[PriceOption]:
        """Return what each declared price would bring."""
        event, prices, sales = self._events.get(key[0]), self._prices.get(key), self._sales.get(key)
        settings = next((one for one in event.types if one.id == key[1]), None) if event else None
        if event is None or settings is None or settings.prices is None or prices is None or sales is None:
            return []
        return price_options(
            settings.prices, prices.steps, sales[0].sold, sales[0].demand, float(settings.capacity or 0), now,
            begin_of(event, self._zone),
        )  # fmt: skip

    def _title(self, name: SaleEventId) -> str:
        settings = self._events.get(name)
        return (settings.title if settings else "") or name

    def _type_title(self, key: Key) -> str:
        settings = self._events.get(key[0])
        types = settings.types if settings else []
        return next((one.title for one in types if one.id == key[1]), "") or key[1]


def _ahead(steps: tuple[PriceStep, ...], now: datetime) -> PriceStep | None:
    return steps[0] if steps[0].begin > now else announced(steps, now)


def _past(steps: tuple[PriceStep, ...], now: datetime) -> Iterator[PriceStep]:
    valid = step_at(steps, now)
    return (step for step in reversed(steps) if step.begin < valid.begin)


def _public(steps: tuple[PriceStep, ...], step: PriceStep) -> PublicStep:
    return PublicStep(cents=step.cents, begin=step.begin, reason=step.reason, lowest_before=lowest_before(steps, step))
