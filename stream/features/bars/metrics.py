"""Prometheus series of bars."""

from __future__ import annotations

from schemas.bars import SALES
from stream.runtime.metrics import KeyedGauge

SOLD = KeyedGauge(SALES, "pulso_bar_sold_units", "Units sold so far", ["bar", "product"])
STOCK = KeyedGauge(SALES, "pulso_bar_stock_units", "Units left", ["bar", "product"])
STOCK_COMING = KeyedGauge(SALES, "pulso_bar_stock_coming_units", "Units that somebody is fetching", ["bar", "product"])
STOCK_OVERSOLD = KeyedGauge(
    SALES, "pulso_bar_oversold_units", "Units sold beyond what the ledger knew", ["bar", "product"]
)
STOCK_MISSING = KeyedGauge(SALES, "pulso_bar_missing_units", "Units that counts found missing", ["bar", "product"])
DEMAND = KeyedGauge(
    SALES, "pulso_bar_demand_units", "Mean units expected within the horizon", ["bar", "product", "minutes"]
)
DRIFTS = KeyedGauge(SALES, "pulso_bar_demand_drifts", "Times that a bar's demand changed its ways (ADWIN)", ["bar"])
RUN_OUT = KeyedGauge(
    SALES, "pulso_bar_run_out_probability_ratio", "Chance of running out before a delivery arrives", ["bar", "product"]
)
REPEATED = KeyedGauge(
    SALES, "pulso_bar_repeated_tickets", "Tickets that came again and were not counted again", ["bar"]
)
RENUMBERED = KeyedGauge(
    SALES, "pulso_bar_renumbered_tickets", "Tickets counted whose number another had within a day", ["bar"]
)
TILL_CLOCK = KeyedGauge(
    SALES, "pulso_till_clock_ahead_seconds", "Lead of a till's clock; negative where it is behind", ["bar", "till"]
)
TILL_CORRECTED = KeyedGauge(
    SALES, "pulso_till_corrected_tickets", "Tickets booked at another time than their till gave", ["bar", "till"]
)
