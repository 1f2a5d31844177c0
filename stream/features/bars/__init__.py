"""Bars: stock, demand forecasts and restock notices."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from processors.bars import rules
from schemas.bars import BAR_STATES, DEMAND, LATEST_DEMAND, SALES, STOCK
from schemas.context import CONTEXT
from schemas.programme import PROGRAMME_SETS
from schemas.sources import SOURCE_STATES
from stream.runtime.feature import Access, Feature, StateTopics

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
    access={
        "bars": Access(
            consumes=(SALES, STOCK, CONTEXT),
            broadcasts=(CONTEXT, DEMAND, PROGRAMME_SETS, SOURCE_STATES),
            produces=(DEMAND, LATEST_DEMAND, BAR_STATES, STOCK),
            tables=(StateTopics("bars", (SALES, STOCK), idle=timedelta(days=400)),),
        ),
        "sources": Access(produces=(SALES,)),
        "console": Access(broadcasts=(DEMAND, SOURCE_STATES), produces=(STOCK,)),
        "operator": Access(produces=(STOCK, CONTEXT)),
    },
)
