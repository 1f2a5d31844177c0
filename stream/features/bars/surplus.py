"""What every bar can spare, and how fast it sells: each bars worker follows `demand.forecasts`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from processors.bars.sales_rates import SalesRates
from processors.bars.surplus_claims import SurplusClaims
from schemas.bars import DEMAND, DemandForecast
from stream.runtime.decoding import readable

BACK = 200
"""Forecasts of a partition that are read again at the start: an hour of three bars."""


class KnownSurplus:
    """The surplus of all bars, whoever works on them: every worker needs all of it.

    It says where a notice sends the runner, and nothing that must be exact depends on it.
    """

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(DemandForecast)
        self._claims = SurplusClaims()
        self._paces = SalesRates()

    def spare_for(self, bar: str, sources: Iterable[str] | None = None) -> Mapping[str, Mapping[str, float]]:
        """Units by bar and product that nobody else was sent for, of `sources` or of all bars.

        The claims of every bar are looked at for each source: ask for the sources that count, when it counts.
        """
        return self._claims.spare_for(bar, sources)

    def paces(self, at: datetime) -> dict[str, dict[str, float]]:
        """Units an hour by bar and product, of the bars that sell at about this time."""
        return self._paces.at(at)

    def take(self, value: bytes | None) -> None:
        """Read one record; what can't be decoded is for the agent that buries it."""
        forecast = readable(self._decoder, value, DEMAND.event_type)
        if forecast is None:
            return
        self._claims.take(forecast)
        self._paces.take(forecast)
