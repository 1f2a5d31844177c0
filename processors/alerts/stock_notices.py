"""What bar staff are told: what to fetch, how much, from where and by when, and what to count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from schemas.bars import STORE, DemandForecast, ProductDemand, ProductSettings


def fetch_text(
    forecast: DemandForecast, product: ProductDemand, known: Mapping[str, ProductSettings], zone: tzinfo
) -> dict[str, str]:
    """The notice of one product, with whatever goes along on the same trip; or that it needs nothing any more."""
    name, left = _title(product.product, known), _units(product.stock or 0.0)
    if product.fetch is None:
        why = _coming(product)
        return {
            "es": f"Barra {forecast.bar}: ya no hace falta traer {name} (quedan {left}{why['es']}).",
            "en": f"Bar {forecast.bar}: no need to fetch {name} any more ({left} left{why['en']}).",
        }
    amount = _amount(product, known)
    by = product.fetch_by.astimezone(zone).strftime("%H:%M") if product.fetch_by else ""
    source = _source(product.fetch_from)
    also = _trip(forecast.products, product, known)
    return {
        "es": f"Barra {forecast.bar}: traer {amount} de {name} {source['es']}"
        f"{f' antes de las {by}' if by else ''} (quedan {left}){also['es']}.",
        "en": f"Bar {forecast.bar}: fetch {amount} {name} {source['en']}"
        f"{f' by {by}' if by else ''} ({left} left){also['en']}.",
    }


def count_text(
    forecast: DemandForecast, product: ProductDemand, known: Mapping[str, ProductSettings]
) -> dict[str, str]:
    """The note that a product was sold more often than it can have been there."""
    name, units = _title(product.product, known), _units(product.oversold)
    if not product.oversold:
        return {
            "es": f"Barra {forecast.bar}: {name} vuelve a cuadrar.",
            "en": f"Bar {forecast.bar}: {name} adds up again.",
        }
    return {
        "es": f"Barra {forecast.bar}: contar {name}, se vendieron {units} más de las que constaban.",
        "en": f"Bar {forecast.bar}: count {name}, {units} more were sold than were known to be there.",
    }


def _trip(
    products: Sequence[ProductDemand], told: ProductDemand, known: Mapping[str, ProductSettings]
) -> dict[str, str]:
    """The other products of the same trip, from the same place."""
    others = [one for one in products if one is not told and one.fetch and one.fetch_from == told.fetch_from]
    if not others:
        return {"es": "", "en": ""}
    es = ", ".join(f"{_amount(one, known)} de {_title(one.product, known)}" for one in others)
    en = ", ".join(f"{_amount(one, known)} {_title(one.product, known)}" for one in others)
    return {"es": f". En el mismo viaje: {es}", "en": f". On the same trip: {en}"}


def _amount(product: ProductDemand, known: Mapping[str, ProductSettings]) -> str:
    units, plan = product.fetch or 0.0, known.get(product.product)
    if plan is not None and plan.package and units >= plan.package and units % plan.package == 0:
        return f"{_units(units)} ({_units(units / plan.package)} × {_units(plan.package)})"
    return _units(units)


def _source(name: str | None) -> dict[str, str]:
    if name is None or name == STORE:
        return {"es": "del almacén", "en": "from the store"}
    return {"es": f"de la barra {name}", "en": f"from bar {name}"}


def _coming(product: ProductDemand) -> dict[str, str]:
    if not product.coming:
        return {"es": "", "en": ""}
    units = _units(product.coming)
    return {"es": f", {units} en camino", "en": f", {units} on their way"}


def _title(name: str, known: Mapping[str, ProductSettings]) -> str:
    plan = known.get(name)
    return (plan.title if plan else "") or name


def _units(units: float) -> str:
    """Whole units without a decimal point.

    >>> _units(12.0), _units(0.5)
    ('12', '0.5')
    """
    return f"{round(units, 2):g}" if units < 100_000 else f"{units:.0f}"
