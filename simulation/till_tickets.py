"""Simulated till tickets: a base rate, a peak in every break, and one till that loses its network for a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from schemas.bars import SALES, STOCK, BarSettings, SaleLine, StockMovement, Ticket
from schemas.ids import BarId, ProductId, ZoneId
from schemas.venue import Venue
from simulation.evening import BARS_ZONE, EVENING_SECONDS, FRONT_ZONE, MAIN_STAGE, MINUTE, Evening, clock
from simulation.timeline import TimelineEvent

TILLS_PER_BAR = 4
"""Number of tills of each bar. Field figure: a till makes 6 to 10 sales per minute."""
BARS_CLOSE_AT = clock("01:50")
_BASE_TICKETS_PER_MINUTE = 1.9
_BREAK_TICKETS_PER_MINUTE = 9.0
_BREAK_DECAY_SECONDS = 14 * MINUTE
_MAX_TICKETS_PER_MINUTE = _BASE_TICKETS_PER_MINUTE + 1.6 * _BREAK_TICKETS_PER_MINUTE
REFUND_SHARE = 0.004
DELIVERIES = ((BarId("south"), ProductId("beer"), clock("23:28"), 900.0),)
"""Deliveries as (bar, product, time, units): the response to the stock-out alert of the break."""
_TICKETS_PER_PERSON_MINUTE, _PASSERS_BY, _MIN_TICKETS_PER_MINUTE = 0.06, 55, 1.0
"""Tickets per minute for each person between the bars beyond the passers-by, number of passers-by, and minimum rate."""
UPLOAD_INTERVAL_SECONDS = 0.5
"""Seconds between the queued tickets of a till that has its network again."""
REPEATED_TICKETS = 10
"""Number of queued tickets that are sent twice because the response to their first upload was lost."""

# Prices; other products cost 5.
_PRICES = {"beer": 4.5, "water": 2.5, "cola": 3.0, "gin-tonic": 9.0, "burger": 8.5}


def tickets_per_minute(evening: Evening, time: float, zone: ZoneId | None = None) -> float:
    """Return the expected tickets per minute of one bar.

    The peak begins when an act ends and decays exponentially; rain moves people to the bars with awnings.

    Args:
        zone: zone in which the bar stands.
    """
    if time >= BARS_CLOSE_AT:
        return 0.0
    arriving = 1.0 if time > 40 * MINUTE else time / (40 * MINUTE)
    since = min((time - act.end for act in evening.acts if act.stage == MAIN_STAGE and act.end <= time), default=None)
    break_rate = 0.0
    if since is not None and evening.is_break(time):
        break_rate = (
            _BREAK_TICKETS_PER_MINUTE * min(1.0, since / (2 * MINUTE)) * float(np.exp(-since / _BREAK_DECAY_SECONDS))
        )
    elif evening.is_break(time):
        break_rate = 0.35 * _BREAK_TICKETS_PER_MINUTE  # before the first act
    size = 0.75 + evening.persons(FRONT_ZONE, time) / 600
    if zone == BARS_ZONE:  # sales follow the number of people there, whether a break or rain brought them
        return min(
            _MAX_TICKETS_PER_MINUTE,
            arriving
            * max(_MIN_TICKETS_PER_MINUTE, _TICKETS_PER_PERSON_MINUTE * (evening.persons(zone, time) - _PASSERS_BY)),
        )
    here = 1 + (evening.rain_effect(zone, time) if zone else 0.0)
    return min(_MAX_TICKETS_PER_MINUTE, arriving * (_BASE_TICKETS_PER_MINUTE + break_rate) * min(1.6, size) * here)


def product_demand(evening: Evening, product: ProductId, time: float) -> float:
    """Return the relative demand of a product at this hour and in this weather."""
    weather = evening.weather(time)
    heat = max(0.0, weather.temperature - 22) / 8
    hour = time / 3600
    match product:
        case "beer":
            return 4.2 * (1 - 0.1 * (weather.rain > 0))
        case "water":
            return 0.8 + 1.6 * heat
        case "cola":
            return 0.7 + 0.6 * heat
        case "gin-tonic":
            return 0.15 + 1.5 * min(1.0, max(0.0, (hour - 3) / 2.5))
        case "burger":
            return 0.25 + 1.3 * float(np.exp(-(((hour - 3) / 1.1) ** 2))) + 0.5 * float(hour > 6.8)
        case _:
            return 1.0


def tickets(evening: Evening, venue: Venue, *, share: float = 1.0) -> Iterator[TimelineEvent]:
    """Yield every ticket of the evening, in the order of sending.

    Args:
        share: share of the customers that comes; below 1 where the evening is played too fast for all of them.
    """
    bars = [
        ready for bar in venue.bars if bar.products for ready in _with_upload_delays(_sales_of_bar(evening, bar, share))
    ]
    yield from sorted(bars, key=lambda ready: ready.time)


def deliveries(evening: Evening, venue: Venue) -> Iterator[TimelineEvent]:
    """Yield the deliveries from the store as stock movements."""
    sold = {(bar.id, product.id) for bar in venue.bars for product in bar.products}
    for bar, product, time, units in DELIVERIES:
        if (bar, product) in sold:
            name = f"delivery/{bar}/{product}@{evening.at(time):%Y%m%dT%H%M%S}"
            movement = StockMovement(
                id=name, bar=bar, product=product, kind="delivery", quantity=units, time=evening.at(time), by="store"
            )
            yield TimelineEvent("tills", STOCK, time, bar, name, "store", movement)


def _sales_of_bar(evening: Evening, bar: BarSettings, share: float) -> Iterator[TimelineEvent]:
    random = np.random.default_rng([evening.seed, 11, *bar.id.encode()])
    stock = {product.id: product.opening_stock for product in bar.products}
    deliveries_due = [one for one in DELIVERIES if one[0] == bar.id]
    time, number = 0.0, 0
    max_rate = _MAX_TICKETS_PER_MINUTE * share / MINUTE
    while (time := time + random.exponential(1 / max_rate)) < EVENING_SECONDS:
        # Inhomogeneous Poisson process by thinning one of the maximum rate (Lewis and Shedler 1979).
        if random.random() >= tickets_per_minute(evening, time, bar.zone) / _MAX_TICKETS_PER_MINUTE:
            continue
        while deliveries_due and deliveries_due[0][2] <= time:
            _, product, _, units = deliveries_due.pop(0)
            stock[product] = (stock.get(product) or 0.0) + units
        lines = _lines(evening, time, stock, random)
        if not lines:
            continue
        number += 1
        name = f"{evening.doors:%Y%m%d}-{evening.seed}-{bar.id}-{number}"
        till = f"{bar.id}-{1 + int(random.integers(TILLS_PER_BAR))}"
        ticket = Ticket(id=name, bar=bar.id, till=till, time=evening.at(time), lines=lines)
        outage = evening.incident("offline", till, time)
        sent = time if outage is None else outage.end
        yield TimelineEvent("tills", SALES, sent, bar.id, name, f"till/{till}", ticket, occurred_at=time)


def _with_upload_delays(sold: Iterator[TimelineEvent]) -> Iterator[TimelineEvent]:
    """Send queued tickets one after the other in their order, and the last of them twice."""
    waiting: list[TimelineEvent] = []
    for ready in sold:
        if ready.time == ready.occurred_at:
            yield ready
        else:
            waiting.append(ready)
    for place, ready in enumerate([*waiting, *waiting[-REPEATED_TICKETS:]]):
        yield replace(ready, time=ready.time + UPLOAD_INTERVAL_SECONDS * place)


def _lines(
    evening: Evening, time: float, stock: dict[ProductId, float | None], random: np.random.Generator
) -> tuple[SaleLine, ...]:
    """Choose one to three different products that are in stock, and take them off the stock."""
    there = [name for name, units in stock.items() if units is None or units >= 1]
    if not there:
        return ()
    if random.random() < REFUND_SHARE:
        name = there[int(random.integers(len(there)))]
        return (SaleLine(product=name, quantity=-1.0, unit_price=_PRICES.get(name, 5.0)),)
    demand = np.asarray([product_demand(evening, name, time) for name in there])
    products_in_ticket = min(len(there), 1 + int(random.random() < 0.4) + int(random.random() < 0.12))
    chosen = random.choice(len(there), size=products_in_ticket, replace=False, p=demand / demand.sum())
    lines = []
    for index in sorted(int(i) for i in chosen):
        name, units = there[index], stock[there[index]]
        quantity = float(1 + min(7, random.geometric(0.62) - 1))
        if units is not None:
            quantity = min(quantity, float(units))
            stock[name] = units - quantity
        lines.append(SaleLine(product=name, quantity=quantity, unit_price=_PRICES.get(name, 5.0)))
    return tuple(lines)
