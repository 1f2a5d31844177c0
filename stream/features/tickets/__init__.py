"""Ticket sales: orders, the forecast of an event's final number from past events, and prices that a person approves."""

from __future__ import annotations

from schemas.attendance import OCCUPANCY
from schemas.tickets import ORDERS, TICKET_ACTIONS, TICKET_FORECASTS, TICKET_PRICES, TICKETS
from stream.runtime.feature import Access, Feature, StateTopics

FEATURE = Feature(
    name="tickets",
    inputs=(ORDERS, TICKET_ACTIONS),
    topics=(TICKET_FORECASTS, TICKET_PRICES),
    agents={"bars": "stream.features.tickets.agents:register"},
    metrics=("stream.features.tickets.metrics",),
    venue_section=TICKETS,
    commands=("stream.commands.tickets:register",),
    console="console.features.tickets:FEATURE",
    evaluations=("stream.commands.tickets:tickets",),
    access={
        "bars": Access(
            consumes=(ORDERS, TICKET_ACTIONS, OCCUPANCY),
            produces=(TICKET_ACTIONS, TICKET_FORECASTS, TICKET_PRICES),
            tables=(StateTopics("tickets", (ORDERS, TICKET_ACTIONS, OCCUPANCY)),),
        ),
        "sources": Access(produces=(ORDERS,)),
        "console": Access(broadcasts=(TICKET_FORECASTS, TICKET_PRICES), produces=(TICKET_ACTIONS,)),
    },
)
