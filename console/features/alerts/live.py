"""Live channels of alerts and verdicts, which send steps instead of whole states.

event alert     one step of an alert (JSON of `schemas.alerts.Alert`, with `incident`); its id is the next cursor
event reset     {"cursor", "alerts", "incidents"}: the open alerts; the page missed too much and begins anew
event verdicts  every verdict by alert, when the connection begins
event verdict   one verdict, as somebody gives it
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from fastapi.sse import ServerSentEvent
from redis.exceptions import RedisError

from console.authentication import User
from console.feature import UpdatesLostError
from console.features.alerts.alert_feed import (
    START,
    AlertFeed,
    AlertStep,
    Cursor,
    read_cursor,
    write_cursor,
)
from console.features.alerts.view import CHANNEL as VERDICTS
from console.features.alerts.view import VerdictsView, shown_verdict
from console.live import TICK_SECONDS, tick
from console.services import ConsoleServices
from schemas.alerts import AlertLabel
from stream.stores.alert_store import entry_order


class AlertSubscription:
    """A page's alerts: what it missed, then what is new, in one order and each step once.

    Args:
        cursor: the steps that the page has, as `write_cursor` writes it.
    """

    def __init__(self, services: ConsoleServices, user: User, cursor: str) -> None:
        self._feed = services.part(AlertFeed)
        self._user = user
        self._cursor: Cursor = read_cursor(cursor) or {}
        self.hub_channels = tuple(f"alerts:{audience}" for audience in user.audiences)

    async def start(self) -> AsyncIterator[ServerSentEvent]:
        """Yield the steps that the page missed, or all open alerts.

        Raises:
            UpdatesLostError: Redis does not answer.
        """
        while not self._feed.ready.is_set():
            yield tick()
            await self._wait_until_ready()
        try:
            missed = await self._feed.steps_since(self._cursor, self._user.audiences)
            if missed is None:
                cursor, alerts = await self._feed.snapshot(self._user)
                self._cursor = read_cursor(cursor) or {}
                incidents = self._feed.incidents_of(alerts)
                state = msgspec.json.encode({"cursor": cursor, "alerts": alerts, "incidents": incidents}).decode()
                yield ServerSentEvent(event="reset", raw_data=state, id=cursor or None)
                return
        except (RedisError, OSError) as error:
            raise UpdatesLostError(f"alerts can't be read from Redis: {error}") from error
        for step in missed:
            if event := self.event(step):
                yield event

    def event(self, update: object) -> ServerSentEvent | None:
        """Return one step, or None if the page has it or it is not for this user."""
        if not isinstance(update, AlertStep):
            return None
        if entry_order(update.entry) <= entry_order(self._cursor.get(update.audience, START)):
            return None
        self._cursor[update.audience] = update.entry
        # A step is in the stream of every audience that it is for: it is sent from the first of them.
        audiences = [audience for audience in self._user.audiences if audience in update.alert.audience]
        if not audiences or audiences[0] != update.audience or not self._user.can_see_alert(update.alert):
            return None
        return ServerSentEvent(event="alert", raw_data=update.shown(), id=write_cursor(self._cursor))

    async def _wait_until_ready(self) -> None:
        try:
            await asyncio.wait_for(self._feed.ready.wait(), TICK_SECONDS)
        except TimeoutError:
            return


class VerdictSubscription:
    """A page's verdicts: all that its user may see, then each new one."""

    def __init__(self, services: ConsoleServices, user: User, _cursor: str) -> None:
        self._verdicts = services.part(VerdictsView)
        self._user = user
        self.hub_channels = (VERDICTS,)

    async def start(self) -> AsyncIterator[ServerSentEvent]:
        """Yield the verdicts by alert."""
        visible = msgspec.json.encode(self._verdicts.visible_to(self._user)).decode()
        yield ServerSentEvent(event=VERDICTS, raw_data=visible)

    def event(self, update: object) -> ServerSentEvent | None:
        """Return one verdict, or None if the alert is not for this user."""
        if not isinstance(update, AlertLabel) or not self._verdicts.can_see(self._user, update):
            return None
        return ServerSentEvent(event="verdict", raw_data=msgspec.json.encode(shown_verdict(update)).decode())
