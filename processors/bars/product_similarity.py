"""Whom a new drink or bar resembles: what it will sell is first what its kin sell."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from schemas.bars import ProductSettings

PRICE_FACTOR, SIZE_FACTOR = 1.0, 1.0
"""logarithm of the ratio at which two prices or sizes make products a third as alike"""

ALCOHOL_APART = 5.0
"""percent by volume at which two drinks are a third as alike"""

OTHER_CATEGORY = 0.1
"""how alike products of different categories can be at most"""

DEFAULT_SIMILARITY = 0.3
"""how alike products are of which nothing is known"""

OTHER_ZONE = 0.5
"""how much a bar in another zone tells beside one in the same"""

SHAPES = (0.5, 4.0)
"""units that the word of kin counts for: where they differ much, and where they agree"""


class ProductTraits(Struct, frozen=True):
    """What is known of a product beside its name; None where it is not.

    Attributes:
        alcohol: percent by volume.
        size: millilitres or grams.
    """

    category: str | None = None
    price: float | None = None
    alcohol: float | None = None
    size: float | None = None


class SharePrior(Struct, frozen=True):
    """What kin say of a share: its mean, and the units that their word counts for (the shape of a Gamma)."""

    share: float
    shape: float


def product_traits(products: Iterable[ProductSettings]) -> dict[str, ProductTraits]:
    """What the venue file says of its products."""
    return {one.id: ProductTraits(one.category, one.price, one.alcohol, one.size) for one in products}


def neighbour_rates(
    bar: str, zone: str | None, paces: Mapping[str, Mapping[str, float]], zones: Mapping[str, str | None]
) -> dict[str, float]:
    """Units an hour of the mean bar around, by product; those of the same zone count for more.

    Args:
        paces: units an hour of every bar by product, at about the same time.
        zones: where the bars are.

    >>> rates = {"north": {"beer": 30.0}, "east": {"beer": 60.0}}
    >>> neighbour_rates("new", "front", rates, {"north": "front", "east": "gate"})
    {'beer': 40.0}
    """
    weights = {
        other: 1.0 if zone is not None and zones.get(other) == zone else OTHER_ZONE for other in paces if other != bar
    }
    total = sum(weights.values())
    found: dict[str, float] = {}
    for other, weight in weights.items():
        for product, units in paces[other].items():
            found[product] = found.get(product, 0.0) + units * weight / total
    return found


def similarity(name: str, traits: ProductTraits, other: str, others: ProductTraits) -> float:
    """How much of a product's sales tell of another's, from 0 to 1.

    >>> beer, large = ProductTraits("beer", 4.0, 5.0, 330), ProductTraits("beer", 6.0, 5.0, 500)
    >>> gin = ProductTraits("spirits", 9.0, 37.0)
    >>> round(similarity("beer", beer, "large beer", large), 2), round(similarity("beer", beer, "gin", gin), 3)
    (0.44, 0.0)
    """
    if name == other:
        return 1.0
    alike = _same_category(name, traits, other, others)
    for mine, theirs, factor in (
        (traits.price, others.price, PRICE_FACTOR),
        (traits.size, others.size, SIZE_FACTOR),
    ):
        if mine and theirs and mine > 0 and theirs > 0:
            alike *= math.exp(-abs(math.log(mine / theirs)) / factor)
    if traits.alcohol is not None and others.alcohol is not None:
        alike *= math.exp(-abs(traits.alcohol - others.alcohol) / ALCOHOL_APART)
    return alike


def share_prior(name: str, traits: Mapping[str, ProductTraits], shares: Mapping[str, float]) -> SharePrior | None:
    """Share that a product will have by those of its kin; None where nobody sells anything.

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
    spread = sum(weight * (shares[other] - mean) ** 2 for other, weight in weights.items()) / total
    # A Gamma whose mean and variance are those of the kin's shares; a stranger's word is never more than a few units.
    shape = mean**2 / spread if spread > 0 else math.inf
    lowest, highest = SHAPES
    return SharePrior(mean, min(max(shape, lowest), highest))


def _same_category(name: str, traits: ProductTraits, other: str, others: ProductTraits) -> float:
    if traits.category and others.category:
        return 1.0 if traits.category == others.category else OTHER_CATEGORY
    mine, theirs = _words(name), _words(other)
    common = len(mine & theirs) / max(1, len(mine | theirs))
    return DEFAULT_SIMILARITY + (1 - DEFAULT_SIMILARITY) * common


def _words(name: str) -> set[str]:
    return {word for word in re.split(r"[\W_\d]+", name.lower()) if len(word) > 1}
