"""Surplus and sales rates of all bars: each bars worker subscribes to the whole of `demand.forecasts`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from processors.bars.sales_rates import SalesRates
from processors.bars.surplus_claims import SurplusClaims
from schemas.bars import DEMAND, DemandForecast
from schemas.ids import BarId, ProductId
from stream.runtime.record import try_decode_payload

REPLAY_RECORDS = 200
"""Number of forecasts of each partition that are replayed at the start: an hour of three bars."""


class SurplusCache:
    """Latest surplus and sales rates of all bars, whichever worker owns them.

    Restock notices use it to choose the bar to fetch from; nothing that must be exact depends on it.
    """

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(DemandForecast)
        self._claims = SurplusClaims()
        self._rates = SalesRates()

    def spare_for(
        self, bar: BarId, sources: Iterable[BarId] | None = None
    ) -> Mapping[BarId, Mapping[ProductId, float]]:
        """Return the unclaimed surplus by bar and product, in units, of `sources` or of all bars.

        The cost of each source grows with the claims of every bar: pass only the sources that are needed.

        Args:
            bar: bar that fetches; claims that are younger than its own don't reduce the result.
            sources: bars whose surplus is returned; all where None.
        """
        return self._claims.spare_for(bar, sources)

    def rates(self, at: datetime) -> dict[str, dict[str, float]]:
        """Return the sales rates in units/hour by bar and product, of bars with recent sales at this time."""
        return self._rates.rates_at(at)

    def add_record(self, value: bytes | None) -> None:
        """Add one forecast; ignores what can't be decoded."""
        forecast = try_decode_payload(self._decoder, value, DEMAND.event_type)
        if forecast is None:
            return
        self._claims.add_forecast(forecast)
        self._rates.add_forecast(forecast)
