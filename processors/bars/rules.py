"""Alert rules of bars: what to fetch, how much, from where and by when, what to count, and tills with a wrong clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from processors.alerts.rule import AlertRule, Measurement, Message, Parameter, Unit
from schemas.bars import STORE, DemandForecast, ProductDemand, ProductSettings
from schemas.fields import identifier
from schemas.ids import ProductId
from schemas.rules import RuleSettings
from schemas.venue import Venue


def measure_stock_out(forecast: DemandForecast, venue: Venue) -> Iterator[Measurement]:
    """Yield the chance that a product runs out before a delivery ordered now arrives.

    A product that somebody fetches already counts as 0. One that is not worth a trip now stays between the thresholds:
    it raises nothing, and an open notice stays open.
    """
    settings = STOCK_OUT.settings(venue)
    hold = (settings.raise_at + settings.clear_at) / 2
    products, zone = _products(forecast, venue), ZoneInfo(venue.timezone)
    for product in _with_stock(forecast):
        value = product.run_out_probability or 0.0
        if product.coming and not product.fetch:
            value = 0.0
        elif product.along or not product.fetch:
            value = min(value, hold)
        yield Measurement(
            subject=f"{forecast.bar}/{product.product}",
            value=value,
            message=_fetch_message(forecast, product, products, zone),
            amount=product.fetch,
            source=product.fetch_from if product.fetch else None,
        )


def measure_stock_count(forecast: DemandForecast, venue: Venue) -> Iterator[Measurement]:
    """Yield 1 for a product that was sold more often than the ledger allows, else 0."""
    products = _products(forecast, venue)
    for product in _with_stock(forecast):
        parameters: dict[str, Parameter] = {"bar": forecast.bar, "product": _title(product.product, products)}
        if product.oversold:
            message = Message("text", {**parameters, "units": _units(product.oversold)})
        else:
            message = Message("clear", parameters)
        yield Measurement(
            subject=f"{forecast.bar}/{product.product}", value=1.0 if product.oversold else 0.0, message=message
        )


def measure_till_clock(forecast: DemandForecast, venue: Venue) -> Iterator[Measurement]:
    """Yield the minutes by which the clock of a till is wrong; 0 where it is right again."""
    del venue
    for clock in forecast.clocks:
        minutes = abs(clock.ahead_seconds) / 60
        template = "clear" if not minutes else "text" if clock.ahead_seconds > 0 else "behind"
        parameters: dict[str, Parameter] = {
            "bar": forecast.bar, "till": clock.till, "minutes": round(minutes),
        }  # fmt: skip
        yield Measurement(
            subject=identifier(f"{forecast.bar}/{clock.till}"), value=minutes, message=Message(template, parameters)
        )


def _with_stock(forecast: DemandForecast) -> Iterator[ProductDemand]:
    return (product for product in forecast.products if product.run_out_probability is not None)


def _products(forecast: DemandForecast, venue: Venue) -> dict[ProductId, ProductSettings]:
    bar = next((bar for bar in venue.bars if bar.id == forecast.bar), None)
    return {product.id: product for product in bar.products} if bar else {}


def _fetch_message(
    forecast: DemandForecast, product: ProductDemand, products: dict[ProductId, ProductSettings], zone: ZoneInfo
) -> Message:
    """Return the notice for one product with whatever goes along on the same trip, or that nothing is needed now."""
    parameters: dict[str, Parameter] = {
        "bar": forecast.bar,
        "product": _title(product.product, products),
        "left": _units(product.stock or 0.0),
    }
    if product.fetch is None:
        coming = Message("coming", {"units": _units(product.coming)}) if product.coming else ""
        return Message("clear", {**parameters, "coming": coming})
    time = product.fetch_by.astimezone(zone).strftime("%H:%M") if product.fetch_by else ""
    others = tuple(
        Message("trip_item", {"amount": _amount(other, products), "product": _title(other.product, products)})
        for other in forecast.products
        if other is not product and other.fetch and other.fetch_from == product.fetch_from
    )
    return Message(
        "text",
        {
            **parameters,
            "amount": _amount(product, products),
            "source": _source(product.fetch_from),
            "by": Message("by", {"time": time}) if time else "",
            "trip": Message("trip", {"items": others}) if others else "",
        },
    )


def _amount(product: ProductDemand, products: dict[ProductId, ProductSettings]) -> str:
    """Return the units to fetch, and in packages where they are whole ones: "240 (2 × 120)"."""
    units, settings = product.fetch or 0.0, products.get(product.product)
    if settings is not None and settings.package and units >= settings.package and units % settings.package == 0:
        return f"{_units(units)} ({_units(units / settings.package)} × {_units(settings.package)})"
    return _units(units)


def _source(name: str | None) -> Message:
    if name is None or name == STORE:
        return Message("from_store")
    return Message("from_bar", {"bar": name})


def _title(product: ProductId, products: dict[ProductId, ProductSettings]) -> str:
    settings = products.get(product)
    return (settings.title if settings else "") or product


def _units(units: float) -> str:
    """Format units, whole ones without a decimal point.

    >>> _units(12.0), _units(0.5)
    ('12', '0.5')
    """
    return f"{round(units, 2):g}" if units < 100_000 else f"{units:.0f}"


STOCK_OUT = AlertRule(
    name="stock-out",
    result=DemandForecast,
    unit=Unit.PERCENT,
    defaults=RuleSettings(
        raise_at=0.2, clear_at=0.1, on_delay_seconds=0, off_delay_seconds=60, cool_down_seconds=300,
        severity="medium", audience=["bar"],
    ),
    measure=measure_stock_out,
)  # fmt: skip

STOCK_COUNT = AlertRule(
    name="stock-count",
    result=DemandForecast,
    unit=Unit.NONE,
    defaults=RuleSettings(raise_at=1, clear_at=0, cool_down_seconds=600, severity="low", audience=["bar"]),
    measure=measure_stock_count,
)

TILL_CLOCK = AlertRule(
    name="till-clock",
    result=DemandForecast,
    unit=Unit.MINUTES,
    defaults=RuleSettings(
        raise_at=2, clear_at=1, on_delay_seconds=0, off_delay_seconds=0, cool_down_seconds=600, severity="low",
        audience=["bar"],
    ),
    measure=measure_till_clock,
)  # fmt: skip

RULES: tuple[AlertRule[Any], ...] = (STOCK_OUT, STOCK_COUNT, TILL_CLOCK)
