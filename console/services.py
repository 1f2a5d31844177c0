"""Application services that every page uses: `request.app.state.console`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markupsafe import Markup
from redis.asyncio import Redis

from console.authentication import Authenticator, User
from console.channels import Channels
from console.event_writer import EventWriter
from console.feature import ConsoleFeature, NavigationEntry, PageExtension
from console.language import Language, Words, choose_language
from console.results_feed import ResultsFeed
from console.sessions import LoginLimit, Sessions
from console.update_hub import UpdateHub
from schemas.ids import ZoneId
from schemas.venue import Venue
from stream.runtime.settings import Settings
from stream.stores.accounts import AccountStore

LANGUAGE_COOKIE = "pulso_language"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ConsoleServices:
    """Parts of the console that pages use.

    Attributes:
        parts: views and services of the features, by their class.
    """

    settings: Settings
    venue: Venue
    redis: Redis
    accounts: AccountStore
    sessions: Sessions
    login_limit: LoginLimit
    authenticator: Authenticator
    hub: UpdateHub
    features: tuple[ConsoleFeature, ...]
    channels: Channels
    results: ResultsFeed
    parts: Mapping[type, object]
    writer: EventWriter
    words: Words
    templates: Environment

    def part(self, kind: type[T]) -> T:
        """Return the view or service of this class.

        Raises:
            LookupError: no feature has declared one.
        """
        part = self.parts.get(kind)
        if isinstance(part, kind):
            return part
        raise LookupError(f"no feature of the console declares a {kind.__name__}")

    def now(self) -> datetime:
        """Return the festival's time: this machine's; in the open demo, whose evening has a date of its own, that."""
        counted = self.results.counted_at
        if counted is None or not self.authenticator.open_demo:
            return datetime.now(UTC)
        return counted[0] + timedelta(seconds=time.monotonic() - counted[1])

    def zone_titles(self) -> dict[ZoneId, str]:
        """Return the titles of the venue's zones by id."""
        return {zone.id: zone.title or zone.id for zone in self.venue.zones}

    def language(self, request: Request) -> Language:
        """Return the language of the answer to a request."""
        accept = request.headers.get("accept-language", "")
        return choose_language(request.cookies.get(LANGUAGE_COOKIE), accept, self.words, self.venue.language)

    def navigation(self, user: User | None) -> list[NavigationEntry]:
        """Return the pages that a user can open, in the order of the navigation."""
        if user is None:
            return []
        entries = [entry for feature in self.features for entry in feature.navigation(user, self.venue)]
        return sorted(entries, key=lambda entry: entry.position)

    def page(
        self,
        request: Request,
        template: str,
        user: User | None,
        *,
        channel: str | None = None,
        state: Mapping[str, object] | None = None,
        language: Language | None = None,
        status_code: int = 200,
        **variables: object,
    ) -> HTMLResponse:
        """Render a page.

        Args:
            request: the request that the page answers.
            template: `FEATURE/NAME.html`, or `NAME.html` of the console's own.
            user: None: nobody is logged in.
            channel: live channel that the page shows: its name and state are in the state of the script.
            state: what the page's script begins with.
            language: the user's if None.
            status_code: HTTP status of the answer.
            variables: further variables of the template.
        """
        language = language or self.language(request)
        words = self.words[language]
        name = template.rpartition("/")[2].removesuffix(".html")
        extensions = self._extensions(name, user)
        script_state: dict[str, object] = {}
        for _, extension in extensions:
            script_state |= extension.state(self)
        shown_channels = dict.fromkeys(one for _, part in extensions for one in part.channels)
        shown = {one: msgspec.Raw(self.channels.state(one)) for one in shown_channels}
        script_state |= {
            **(state or {}),
            **({"channel": channel, "now": msgspec.Raw(self.channels.state(channel))} if channel else {}),
            "channels": shown,
            "words": words,
            "language": language,
            "timezone": self.venue.timezone,
            "venue": self.venue.name,
            "csrf": user.csrf if user else "",
            "name": user.name if user else "",
        }
        content = self.templates.get_template(template).render(
            page=name,
            venue=self.venue,
            zone=ZoneInfo(self.venue.timezone),
            language=language,
            languages={one: phrases["language_name"] for one, phrases in self.words.items()},
            words=words,
            user=user,
            navigation=self.navigation(user),
            extensions=extensions,
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            state=json_for_script(script_state),
            **variables,
        )
        return HTMLResponse(content, status_code)

    def _extensions(self, page: str, user: User | None) -> list[tuple[str, PageExtension]]:
        """Return what features add to a page for this user, each with the feature's name."""
        if user is None:
            return []
        return [
            (feature.name, extension)
            for feature in self.features
            for extension in feature.extensions
            if extension.page == page and all(self.channels.is_open_to(user, one) for one in extension.channels)
        ]


def console_services(request: Request) -> ConsoleServices:
    """Dependency: the console's services."""
    services: ConsoleServices = request.app.state.console
    return services


Services = Annotated[ConsoleServices, Depends(console_services)]
"""Type of an endpoint's argument."""


def json_for_script(state: object) -> Markup:
    r"""Encode JSON that is safe inside a `script` element, whatever texts are in it.

    >>> json_for_script({"text": "</script><!--"})
    Markup('{"text":"\\u003c/script>\\u003c!--"}')
    """
    # Only strings of JSON can hold a "<", and there the escape means the same.
    return Markup(msgspec.json.encode(state).decode().replace("<", "\\u003c"))  # nosec B704 # noqa: S704
