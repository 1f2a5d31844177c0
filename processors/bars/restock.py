"""What to fetch, how much, and how sure we are: the newsvendor's question asked for each product of a bar."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from processors.bars.demand import Demand

SERVICE = 0.95
"""chance that what is fetched lasts until the next delivery can come"""

COVER_MINUTES = 60.0
"""A runner should not have to go again within the hour."""


class Need(Struct, frozen=True):
    """Answer for one product.

    Attributes:
        run_out: chance that the stock ends before a delivery that is ordered now arrives.
        minutes_to_empty: at the mean demand of the next hour; None when nothing is sold.
        fetch: units to fetch now, None while the chance is below the bar's limit.
    """

    run_out: float
    minutes_to_empty: float | None
    fetch: float | None


def need(
    demand: Demand,
    product: str,
    stock: float,
    at: datetime,
    *,
    lead_time_minutes: float,
    run_out_limit: float,
    shelf: float | None = None,
) -> Need:
    """Whether `product` must be fetched at `at`, and how much of it.

    Args:
        stock: units left; below zero when more was sold than was known to be there.
        shelf: units the bar has room for.
    """
    run_out = demand.run_out(product, stock, lead_time_minutes, at)
    an_hour = demand.mean_within(product, 60.0)
    minutes = max(stock, 0.0) / an_hour * 60 if an_hour > 1e-6 else None
    if run_out < run_out_limit:
        return Need(run_out, minutes, None)
    wanted = demand.quantile_within(product, lead_time_minutes + COVER_MINUTES, SERVICE) - stock
    if shelf is not None:
        # What is sold until the delivery comes makes room for it.
        room = shelf - max(stock - demand.mean_within(product, lead_time_minutes), 0.0)
        wanted = min(wanted, room)
    return Need(run_out, minutes, float(max(1, round(wanted))))
