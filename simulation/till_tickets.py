"""Tickets of the bars' tills: a steady trickle, a rush whenever the music stops, and a till without its network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from schemas.bars import SALES, STOCK, BarSettings, SaleLine, StockMovement, Ticket
from schemas.venue import Venue
from simulation.evening import ACTS, LENGTH, MINUTE, Evening, clock
from simulation.moments import Ready

TILLS = 4
"""at each bar; FIELD: a till makes 6 to 10 sales a minute"""
CLOSE = clock("01:50")
_TRICKLE = 1.9
_RUSH = 9.0
_RUSH_FADES = 14 * MINUTE
_MOST_A_MINUTE = _TRICKLE + 1.6 * _RUSH
REFUNDS = 0.004
DELIVERIES = (("south", "beer", clock("23:28"), 900.0),)
"""bar, product, when it arrives, units: what the alert of the break asks for"""
_A_PERSON, _PASSING, _FEWEST = 0.06, 55, 1.0
"""tickets a minute for each person between the bars, beyond those who only pass; and the least of them"""
UPLOAD = 0.5
"""seconds between the tickets of a queue, when a till has its network again"""
SENT_AGAIN = 10
"""tickets that it sends twice: the answer to their first upload was lost"""

# Price, and how much it is asked for; what a bar sells beyond these costs 5 and is asked for as water is.
_PRICES = {"beer": 4.5, "water": 2.5, "cola": 3.0, "gin-tonic": 9.0, "burger": 8.5}


def tickets_a_minute(evening: Evening, time: float, zone: str | None = None) -> float:
    """Expected tickets of one bar: the rush begins when an act ends, and fades; rain takes people to the awnings.

    Args:
        zone: where the bar is.
    """
    if time >= CLOSE:
        return 0.0
    arriving = 1.0 if time > 40 * MINUTE else time / (40 * MINUTE)
    since = min((time - act.end for act in ACTS if act.stage == "main" and act.end <= time), default=None)
    rush = 0.0
    if since is not None and evening.is_break(time):
        rush = _RUSH * min(1.0, since / (2 * MINUTE)) * float(np.exp(-since / _RUSH_FADES))
    elif evening.is_break(time):
        rush = 0.35 * _RUSH  # before the first act
    size = 0.75 + evening.persons("front", time) / 600
    if zone == "bars":  # who stands there is thirsty, whatever brought them: a break, or rain
        return min(_MOST_A_MINUTE, arriving * max(_FEWEST, _A_PERSON * (evening.persons(zone, time) - _PASSING)))
    here = 1 + (evening.sheltering(zone, time) if zone else 0.0)
    return min(_MOST_A_MINUTE, arriving * (_TRICKLE + rush) * min(1.6, size) * here)


def appetite(evening: Evening, product: str, time: float) -> float:
    """How much a product is asked for at this hour and in this weather, beside the others."""
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


def tickets(evening: Evening, venue: Venue, *, share: float = 1.0) -> Iterator[Ready]:
    """Every ticket of the evening, in the order in which it is sent.

    Args:
        share: which part of the customers comes; below 1 where the evening is played too fast for all of them.
    """
    bars = [ready for bar in venue.bars if bar.products for ready in _uploaded(_of_bar(evening, bar, share))]
    yield from sorted(bars, key=lambda ready: ready.time)


def deliveries(evening: Evening, venue: Venue) -> Iterator[Ready]:
    """What comes from the store, as the bar's staff report it."""
    sold = {(bar.id, product.id) for bar in venue.bars for product in bar.products}
    for bar, product, time, units in DELIVERIES:
        if (bar, product) in sold:
            name = f"delivery/{bar}/{product}@{evening.at(time):%Y%m%dT%H%M%S}"
            movement = StockMovement(
                id=name, bar=bar, product=product, kind="delivery", quantity=units, time=evening.at(time), by="store"
            )
            yield Ready("tills", STOCK, time, bar, name, "store", movement)


def _of_bar(evening: Evening, bar: BarSettings, share: float) -> Iterator[Ready]:
    random = np.random.default_rng([evening.seed, 11, *bar.id.encode()])
    stock = {product.id: product.opening_stock for product in bar.products}
    coming = [one for one in DELIVERIES if one[0] == bar.id]
    time, number = 0.0, 0
    most = _MOST_A_MINUTE * share / MINUTE
    while (time := time + random.exponential(1 / most)) < LENGTH:
        # A Poisson process whose rate changes: thin one with the highest rate (Lewis and Shedler 1979).
        if random.random() >= tickets_a_minute(evening, time, bar.zone) / _MOST_A_MINUTE:
            continue
        while coming and coming[0][2] <= time:
            _, product, _, units = coming.pop(0)
            stock[product] = (stock.get(product) or 0.0) + units
        lines = _lines(evening, time, stock, random)
        if not lines:
            continue
        number += 1
        name = f"{evening.doors:%Y%m%d}-{evening.seed}-{bar.id}-{number}"
        till = f"{bar.id}-{1 + int(random.integers(TILLS))}"
        ticket = Ticket(id=name, bar=bar.id, till=till, time=evening.at(time), lines=lines)
        cut = evening.incident("offline", till, time)
        sent = time if cut is None else cut.end
        yield Ready("tills", SALES, sent, bar.id, name, f"till/{till}", ticket, happened=time)


def _uploaded(sold: Iterator[Ready]) -> Iterator[Ready]:
    """What waited in a till comes one after the other, in its order, and the last of it twice."""
    waiting: list[Ready] = []
    for ready in sold:
        if ready.time == ready.happened:
            yield ready
        else:
            waiting.append(ready)
    for place, ready in enumerate([*waiting, *waiting[-SENT_AGAIN:]]):
        yield replace(ready, time=ready.time + UPLOAD * place)


def _lines(
    evening: Evening, time: float, stock: dict[str, float | None], random: np.random.Generator
) -> tuple[SaleLine, ...]:
    """One to three different products that are still there; takes them off the stock."""
    there = [name for name, units in stock.items() if units is None or units >= 1]
    if not there:
        return ()
    if random.random() < REFUNDS:  # somebody brings one back
        name = there[int(random.integers(len(there)))]
        return (SaleLine(product=name, quantity=-1.0, unit_price=_PRICES.get(name, 5.0)),)
    wish = np.asarray([appetite(evening, name, time) for name in there])
    kinds = min(len(there), 1 + int(random.random() < 0.4) + int(random.random() < 0.12))
    chosen = random.choice(len(there), size=kinds, replace=False, p=wish / wish.sum())
    lines = []
    for index in sorted(int(i) for i in chosen):
        name, units = there[index], stock[there[index]]
        quantity = float(1 + min(7, random.geometric(0.62) - 1))
        if units is not None:
            quantity = min(quantity, float(units))
            stock[name] = units - quantity
        lines.append(SaleLine(product=name, quantity=quantity, unit_price=_PRICES.get(name, 5.0)))
    return tuple(lines)
