"""What every page needs, in one place: `request.app.state.console`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from redis.asyncio import Redis

from console.alert_feed import AlertFeed
from console.authentication import Door, Visitor
from console.camera_wall import CHANNEL as CAMERAS
from console.camera_wall import CameraWall
from console.hub import Hub
from console.language import Language, language_of
from console.records import Records
from console.results_feed import ResultsFeed
from console.sessions import LoginLimit, Sessions
from schemas.venue import Venue
from stream.runtime.settings import Settings
from stream.stores.accounts import AccountStore

LANGUAGE_COOKIE = "pulso_language"


@dataclass(frozen=True, slots=True)
class House:
    """The console's parts."""

    settings: Settings
    venue: Venue
    redis: Redis
    accounts: AccountStore
    sessions: Sessions
    limit: LoginLimit
    door: Door
    hub: Hub
    alerts: AlertFeed
    results: ResultsFeed
    wall: CameraWall
    records: Records
    words: dict[Language, dict[str, str]]
    templates: Environment

    def state(self, channel: str) -> bytes:
        """What a page on this channel shows now, as JSON."""
        return self.wall.state() if channel == CAMERAS else self.results.state(channel)

    def places(self) -> dict[str, str]:
        """What people call the zones."""
        return {zone.id: zone.title or zone.id for zone in self.venue.zones}

    def plan(self) -> dict[str, Any] | None:
        """The venue from above, as the venue file draws it."""
        return self.venue.plan.model_dump() if self.venue.plan else None

    def language(self, request: Request) -> Language:
        """In which language to answer."""
        accept = request.headers.get("accept-language", "")
        return language_of(request.cookies.get(LANGUAGE_COOKIE), accept, self.venue.language)

    def page(
        self,
        request: Request,
        name: str,
        visitor: Visitor | None,
        state: dict[str, Any] | None = None,
        language: Language | None = None,
        **more: Any,
    ) -> HTMLResponse:
        """A page from its template; `state` is what its script begins with; the language is the visitor's."""
        language = language or self.language(request)
        words = self.words[language]
        known = {
            **(state or {}),
            "words": words,
            "language": language,
            "timezone": self.venue.timezone,
            "venue": self.venue.name,
            "csrf": visitor.csrf if visitor else "",
            "name": visitor.name if visitor else "",
        }
        content = self.templates.get_template(f"{name}.html").render(
            page=name,
            venue=self.venue,
            zone=ZoneInfo(self.venue.timezone),
            language=language,
            words=words,
            visitor=visitor,
            pages=pages_of(visitor, self.venue),
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            state=for_script(known),
            **more,
        )
        return HTMLResponse(content)


def house(request: Request) -> House:
    """Dependency: the console's parts."""
    found: House = request.app.state.console
    return found


def templates() -> Environment:
    """The templates; a name that is not there is an error, not an empty place."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def for_script(state: Any) -> Markup:
    """JSON that may stand inside a `script` element, whatever the texts in it say.

    >>> for_script({"text": "</script><!--"})
    Markup('{"text":"\\\\u003c/script>\\\\u003c!--"}')
    """
    # Nothing but strings holds a "<" in JSON, and there the escape means the same.
    return Markup(msgspec.json.encode(state).decode().replace("<", "\\u003c"))  # nosec B704 # noqa: S704


def pages_of(visitor: Visitor | None, venue: Venue) -> list[tuple[str, str, str]]:
    """Where a visitor may go: path, word and what follows it."""
    if visitor is None:
        return []
    found = [("/", "control_room", "")]
    if visitor.may("security") and venue.cameras:
        found.append(("/cameras", "cameras", ""))
    found += [(f"/bar/{bar.id}", "bar", bar.id) for bar in venue.bars if visitor.may_bar(bar.id)]
    if visitor.may("support"):
        found.append(("/support", "support", ""))
    if visitor.may("production"):
        found.append(("/music", "music", ""))
    found.append(("/history", "history", ""))
    return found
