"""Bars: stock, demand forecasts and restock notices."""

from __future__ import annotations

from pathlib import Path

from processors.bars import rules
from schemas.bars import BAR_STATES, DEMAND, LATEST_DEMAND, SALES, STOCK
from schemas.context import CONTEXT
from stream.runtime.feature import Feature

FEATURE = Feature(
    name="bars",
    inputs=(SALES, STOCK, CONTEXT),
    results=(DEMAND,),
    topics=(LATEST_DEMAND, BAR_STATES),
    rules=rules.RULES,
    messages=Path(rules.__file__).parent,
    agents={"bars": "stream.features.bars.agents:register"},
    metrics=("stream.features.bars.metrics",),
    commands=(
        "stream.commands.stock:register",
        "stream.commands.context:register",
        "stream.commands.forecast:register",
    ),
    evaluations=(
        "stream.commands.evaluate:demand",
        "stream.commands.evaluate:restock",
    ),
    console="console.features.bars:FEATURE",
)
