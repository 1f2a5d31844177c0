"""Bars: stock, demand forecasts and restock notices."""

from __future__ import annotations

from schemas.bars import DEMAND, SALES, STOCK
from schemas.context import CONTEXT
from stream.runtime.feature import Feature

FEATURE = Feature(
    name="bars",
    inputs=(SALES, STOCK, CONTEXT),
    results=(DEMAND,),
    agents={"bars": "stream.features.bars.agents:register"},
    metrics=("stream.features.bars.metrics",),
)
