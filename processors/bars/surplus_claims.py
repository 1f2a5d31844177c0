"""Surplus of each bar, less the units that other bars were already advised to fetch from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct, field

from schemas.bars import STORE, DemandForecast
from schemas.ids import BarId, ProductId

CLAIM_EXPIRY = timedelta(hours=1)
"""Silence of a bar after which its claims no longer count."""


class SurplusClaim(Struct):
    """Units that a bar was advised to fetch from another, or has in transit.

    Attributes:
        since: time of the first forecast with this claim.
        units: units claimed.
    """

    since: datetime
    units: float


class SurplusClaims(Struct):
    """Surplus and claims of all bars, by their newest forecasts; of two claims the older one has priority.

    So two bars that were advised of the same surplus at the same time don't both turn to the store, and back.

    Attributes:
        surplus: units by bar and product.
        claims: by the bar that fetches, then by bar and product of the source.
        last_forecast: time of each bar's newest forecast.
    """

    surplus: dict[BarId, dict[ProductId, float]] = field(default_factory=dict)
    claims: dict[BarId, dict[tuple[BarId, ProductId], SurplusClaim]] = field(default_factory=dict)
    last_forecast: dict[BarId, datetime] = field(default_factory=dict)

    def add_forecast(self, forecast: DemandForecast) -> None:
        """Replace the surplus and the claims of a bar by those of its newest forecast."""
        bar, before = forecast.bar, self.claims.get(forecast.bar, {})
        self.surplus[bar] = {product.product: product.surplus for product in forecast.products if product.surplus}
        self.last_forecast[bar] = forecast.time
        claimed: dict[tuple[BarId, ProductId], SurplusClaim] = {}
        for product in forecast.products:
            wanted = ((product.fetch_from, product.fetch), (product.coming_from, product.coming))
            for source, units in wanted:
                if source is None or source == STORE or not units:
                    continue
                place = BarId(source), product.product
                older = claimed.get(place) or before.get(place)
                since = older.since if older else forecast.time
                claimed[place] = SurplusClaim(since, units + (claimed[place].units if place in claimed else 0.0))
        self.claims[bar] = claimed

    def spare_for(self, bar: BarId, sources: Iterable[BarId] | None = None) -> dict[BarId, dict[ProductId, float]]:
        """Return the unclaimed surplus that this bar may fetch, by bar and product.

        Args:
            bar: bar that fetches; claims that are younger than its own don't reduce its surplus.
            sources: bars to consider; all if left out.
        """
        own = self.claims.get(bar, {})
        newest = max(self.last_forecast.values(), default=None)
        spare: dict[BarId, dict[ProductId, float]] = {}
        for source in self.surplus if sources is None else sources:
            products = self.surplus.get(source)
            if source == bar or products is None:
                continue
            spare[source] = dict(products)
            for other, claims in self.claims.items():
                if other == bar or newest is None or newest - self.last_forecast[other] > CLAIM_EXPIRY:
                    continue
                for place in claims.keys() & {(source, product) for product in products}:
                    mine, theirs = own.get(place), claims[place]
                    if mine is None or (theirs.since, other) < (mine.since, bar):
                        left = spare[source][place[1]] - theirs.units
                        spare[source][place[1]] = max(0.0, left)
        return spare
