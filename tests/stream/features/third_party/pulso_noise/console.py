"""Page of the feature: the level of each place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from msgspec import Struct

from console.authentication import CurrentUser, User, require_role
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, ViewDefinition
from console.services import Services
from pulso_noise.topics import LEVELS, Level
from schemas.venue import Venue

CHANNEL = "noise"

router = APIRouter()


class NoiseView:
    """Last level of each place."""

    def __init__(self) -> None:
        self._levels: dict[str, float] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Keep a level."""
        if not isinstance(record, Level):
            return set()
        self._levels[record.place] = record.decibels
        return {CHANNEL}

    def state(self, channel: str) -> Mapping[str, object]:
        """Return the levels by place."""
        return {"levels": self._levels}


@router.get("/noise", response_class=HTMLResponse)
async def noise(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """Show the levels."""
    require_role(user, "production")
    return services.page(request, "noise/noise.html", user, channel=CHANNEL)


def navigation(user: User, _venue: Venue) -> Iterable[NavigationEntry]:
    """Return the page, for production."""
    if user.has_role("production"):
        yield NavigationEntry("/noise", "noise", position=50)


FEATURE = ConsoleFeature(
    name="noise",
    folder=Path(__file__).parent,
    routers=(router,),
    navigation=navigation,
    channels=(LiveChannel(CHANNEL, roles=("production",)),),
    views=(ViewDefinition(lambda _context: NoiseView(), CHANNEL, replay={LEVELS: 100}),),
)
