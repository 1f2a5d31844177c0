"""Ticket sales: the forecast of an event's final number from the booking curves of past events."""

from __future__ import annotations

from stream.runtime.feature import Feature

FEATURE = Feature(
    name="tickets",
    commands=("stream.commands.tickets:register",),
    evaluations=("stream.commands.tickets:tickets",),
)
