"""Whose surplus is whose: what one bar was told to fetch from another is not there for a third."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct, field

from schemas.bars import STORE, DemandForecast

FORGOTTEN = timedelta(hours=1)
"""A bar that was silent for so long no longer claims anything."""


class SurplusClaim(Struct):
    """Units that a bar has been told to fetch from another, or is fetching, since a time."""

    since: datetime
    units: float


class SurplusClaims(Struct):
    """Surplus and claims of all bars, by their newest forecasts. Of two claims the older one holds.

    So two bars that were told of the same surplus within one breath don't both turn to the store, and back.
    """

    surplus: dict[str, dict[str, float]] = field(default_factory=dict)
    """by bar and product"""
    claims: dict[str, dict[tuple[str, str], SurplusClaim]] = field(default_factory=dict)
    """by the bar that fetches, then by bar and product of what is fetched"""
    heard: dict[str, datetime] = field(default_factory=dict)

    def take(self, forecast: DemandForecast) -> None:
        """The newest word of a bar."""
        bar, before = forecast.bar, self.claims.get(forecast.bar, {})
        self.surplus[bar] = {one.product: one.surplus for one in forecast.products if one.surplus}
        self.heard[bar] = forecast.time
        claimed: dict[tuple[str, str], SurplusClaim] = {}
        for one in forecast.products:
            wanted = ((one.fetch_from, one.fetch), (one.coming_from, one.coming))
            for source, units in wanted:
                if source is None or source == STORE or not units:
                    continue
                place = source, one.product
                older = claimed.get(place) or before.get(place)
                since = older.since if older else forecast.time
                claimed[place] = SurplusClaim(since, units + (claimed[place].units if place in claimed else 0.0))
        self.claims[bar] = claimed

    def spare_for(self, bar: str, sources: Iterable[str] | None = None) -> dict[str, dict[str, float]]:
        """What every other bar can spare for this one, by bar and product; only of `sources`, where they are given."""
        own = self.claims.get(bar, {})
        newest = max(self.heard.values(), default=None)
        found: dict[str, dict[str, float]] = {}
        for source in self.surplus if sources is None else sources:
            products = self.surplus.get(source)
            if source == bar or products is None:
                continue
            found[source] = dict(products)
            for other, claims in self.claims.items():
                if other == bar or newest is None or newest - self.heard[other] > FORGOTTEN:
                    continue
                for place in claims.keys() & {(source, product) for product in products}:
                    mine, theirs = own.get(place), claims[place]
                    if mine is None or (theirs.since, other) < (mine.since, bar):
                        left = found[source][place[1]] - theirs.units
                        found[source][place[1]] = max(0.0, left)
        return found
