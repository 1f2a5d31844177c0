"""Ticket sales: booking curves of past events, and the forecast of an event's final number."""
