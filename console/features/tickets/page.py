"""The page of production, and the public page of prices."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from console.authentication import CurrentUser, require_role
from console.conditional import TaggedAnswer
from console.features.tickets.view import CHANNEL, ROLES, TicketsView
from console.services import Services

router = APIRouter()

SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}


@router.get("/tickets", response_class=HTMLResponse)
async def tickets(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show sales, forecasts and prices of every event."""
    require_role(user, *ROLES)
    return services.page(request, "tickets/tickets.html", user, channel=CHANNEL)


@router.get("/prices", response_class=HTMLResponse)
async def prices(request: Request, services: Services) -> HTMLResponse:
    """Show the prices of all tickets, past, present and announced, to everybody."""
    language = services.language(request)
    shown = services.part(TicketsView).public_prices(services.now())
    zone = ZoneInfo(services.venue.timezone)
    return services.page(
        request, "tickets/prices.html", None, language=language, prices=shown,
        money=lambda cents, currency: money(cents, currency, language),
        moment=lambda time: moment(time, zone, language),
    )  # fmt: skip


@router.get("/api/prices")
async def public_prices(request: Request, services: Services) -> Response:
    """Return the same for shops; 304 to those whose `If-None-Match` has it."""
    shown = services.part(TicketsView).public_prices(services.now())
    return TaggedAnswer.of({"prices": msgspec.to_builtins(shown)}).response(request)


def money(cents: int, currency: str, language: str) -> str:
    """Return an amount as people write it.

    >>> money(104_550, "EUR", "es"), money(104_550, "EUR", "en"), money(900, "SEK", "en")
    ('1045,50 €', '€1045.50', 'SEK 9.00')
    """
    sign, plain = SIGNS.get(currency, currency), f"{cents // 100}.{cents % 100:02d}"
    if language == "en":
        return f"{sign}{plain}" if len(sign) == 1 else f"{sign} {plain}"
    return f"{plain.replace('.', ',')} {sign}"


def moment(time: datetime, zone: ZoneInfo, language: str) -> str:
    """Return a time by the venue's clock.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 7, 4, 20, tzinfo=UTC), ZoneInfo("Europe/Madrid"), "es")
    '04/07/2026 22:00'
    """
    return time.astimezone(zone).strftime("%d %b %Y, %H:%M" if language == "en" else "%d/%m/%Y %H:%M")
