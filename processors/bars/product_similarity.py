"""Similarity of products, and what a new product or bar is expected to sell from those like it.

A product's similarity to another is a product of exponential kernels on log price, log size and alcohol, times a factor
for the category. The share of the bar that a new product will have begins as a Gamma prior with the similarity-weighted
mean and variance of the other products' shares.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from schemas.bars import ProductSettings

PRICE_LOG_SCALE, SIZE_LOG_SCALE = 1.0, 1.0
"""Difference of log price or log size at which the similarity falls to 1/e."""

ALCOHOL_SCALE = 5.0
"""Difference in percent by volume at which the similarity falls to 1/e."""

OTHER_CATEGORY_SIMILARITY = 0.1
"""Upper bound of the similarity of products of different categories."""

DEFAULT_SIMILARITY = 0.3
"""Similarity of products without categories whose names share no word."""

OTHER_ZONE_WEIGHT = 0.5
"""Weight of a bar in another zone beside a bar in the same zone."""

MIN_PRIOR_UNITS, MAX_PRIOR_UNITS = 0.5, 4.0
"""Bounds of the prior's strength in units: where similar products differ much, and where they agree."""


class ProductTraits(Struct, frozen=True):
    """Traits of a product beside its name; None where one is not configured.

    Attributes:
        category: for example beer or spirits.
        price: of one unit, in the venue's currency.
        alcohol: percent by volume.
        size: millilitres or grams of one unit.
    """

    category: str | None = None
    price: float | None = None
    alcohol: float | None = None
    size: float | None = None


class SharePrior(Struct, frozen=True):
    """Gamma prior of a product's share of the bar.

    Attributes:
        share: mean.
        shape: strength in units sold, the shape of the Gamma.
    """

    share: float
    shape: float


def product_traits(products: Iterable[ProductSettings]) -> dict[str, ProductTraits]:
    """Return the traits of the venue file's products by id."""
    return {
        product.id: ProductTraits(product.category, product.price, product.alcohol, product.size)
        for product in products
    }


def neighbour_rates(
    bar: str, zone: str | None, rates: Mapping[str, Mapping[str, float]], zones: Mapping[str, str | None]
) -> dict[str, float]:
    """Return the weighted mean sales rates of the other bars, in units/hour by product.

    Bars of the same zone have weight 1, others `OTHER_ZONE_WEIGHT`.

    Args:
        bar: bar to leave out.
        zone: its zone.
        rates: units/hour of every bar by product, at about the same time.
        zones: zone of each bar.

    >>> rates = {"north": {"beer": 30.0}, "east": {"beer": 60.0}}
    >>> neighbour_rates("new", "front", rates, {"north": "front", "east": "gate"})
    {'beer': 40.0}
    """
    weights = {
        other: 1.0 if zone is not None and zones.get(other) == zone else OTHER_ZONE_WEIGHT
        for other in rates
        if other != bar
    }
    total = sum(weights.values())
    mean_rates: dict[str, float] = {}
    for other, weight in weights.items():
        for product, rate in rates[other].items():
            mean_rates[product] = mean_rates.get(product, 0.0) + rate * weight / total
    return mean_rates


def similarity(name: str, traits: ProductTraits, other: str, others: ProductTraits) -> float:
    """Return how much the sales of one product say about those of another, from 0 to 1.

    >>> beer, large = ProductTraits("beer", 4.0, 5.0, 330), ProductTraits("beer", 6.0, 5.0, 500)
    >>> gin = ProductTraits("spirits", 9.0, 37.0)
    >>> round(similarity("beer", beer, "large beer", large), 2), round(similarity("beer", beer, "gin", gin), 3)
    (0.44, 0.0)
    """
    if name == other:
        return 1.0
    value = _category_similarity(name, traits, other, others)
    for mine, theirs, scale in (
        (traits.price, others.price, PRICE_LOG_SCALE),
        (traits.size, others.size, SIZE_LOG_SCALE),
    ):
        if mine and theirs and mine > 0 and theirs > 0:
            value *= math.exp(-abs(math.log(mine / theirs)) / scale)
    if traits.alcohol is not None and others.alcohol is not None:
        value *= math.exp(-abs(traits.alcohol - others.alcohol) / ALCOHOL_SCALE)
    return value


def share_prior(name: str, traits: Mapping[str, ProductTraits], shares: Mapping[str, float]) -> SharePrior | None:
    """Return the prior of a product's share from those of similar products; None where nothing is sold.

    The Gamma has the weighted mean m and variance s² of the shares, so its shape is m²/s², within the bounds above.

    >>> beer, spirits = ProductTraits("beer", 4.0), ProductTraits("spirits", 9.0)
    >>> found = share_prior("stout", {"lager": beer, "stout": beer, "gin": spirits}, {"lager": 0.4, "gin": 0.1})
    >>> round(found.share, 2)
    0.39
    """
    mine = traits.get(name, ProductTraits())
    weights = {other: similarity(name, mine, other, traits.get(other, ProductTraits())) for other in shares}
    total = sum(weights.values())
    if total <= 0:
        return None
    mean = sum(weight * shares[other] for other, weight in weights.items()) / total
    if mean <= 0:
        return None
    variance = sum(weight * (shares[other] - mean) ** 2 for other, weight in weights.items()) / total
    # The bound keeps the prior of dissimilar products weak: a few own sales outweigh it.
    shape = mean**2 / variance if variance > 0 else math.inf
    return SharePrior(mean, min(max(shape, MIN_PRIOR_UNITS), MAX_PRIOR_UNITS))


def _category_similarity(name: str, traits: ProductTraits, other: str, others: ProductTraits) -> float:
    if traits.category and others.category:
        return 1.0 if traits.category == others.category else OTHER_CATEGORY_SIMILARITY
    mine, theirs = _words(name), _words(other)
    common = len(mine & theirs) / max(1, len(mine | theirs))
    return DEFAULT_SIMILARITY + (1 - DEFAULT_SIMILARITY) * common


def _words(name: str) -> set[str]:
    return {word for word in re.split(r"[\W_\d]+", name.lower()) if len(word) > 1}
