"""Updates as server-sent events, one connection a page; and the same states for programs.

event CHANNEL   the whole state of a channel: when the connection begins, and whenever it changes
event tick      {"now"}: milliseconds of the server's clock, so that a page knows that it is connected

Channels with a subscription of their own send other events: see `console.features.alerts.live`.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from redis.exceptions import RedisError

from console.authentication import CurrentUser, User
from console.feature import ChannelSubscription, UpdatesLostError
from console.services import ConsoleServices, Services
from console.update_hub import Subscription

router = APIRouter()

TICK_SECONDS = 5.0
SESSION_CHECK_SECONDS = 20.0
"""An open page's session is checked so often."""

RETRY_MILLISECONDS = 1000
"""Browsers connect again so long after a cut."""


class StateSubscription:
    """A page's subscription to a channel that sends its whole state."""

    def __init__(self, services: ConsoleServices, channel: str) -> None:
        self._services = services
        self._channel = channel
        self.hub_channels = (channel,)

    async def start(self) -> AsyncIterator[ServerSentEvent]:
        """Yield the present state."""
        yield self._state(self._services.channels.state(self._channel))

    def event(self, update: object) -> ServerSentEvent | None:
        """Return the new state."""
        return self._state(update) if isinstance(update, bytes) else None

    def _state(self, state: bytes) -> ServerSentEvent:
        return ServerSentEvent(event=self._channel, raw_data=state.decode())


def requested_channels(user: CurrentUser, services: Services, channels: str) -> list[str]:
    """Dependency: the names of the channels of a request, all of which the user may subscribe to.

    Raises:
        HTTPException: a channel does not exist (404), or is not for this user (403).
    """
    names = channels.split(",")
    if unknown := sorted(name for name in set(names) if name not in services.channels):
        raise HTTPException(404, f"no channel is called {', '.join(unknown)}")
    if not all(services.channels.is_open_to(user, name) for name in names):
        raise HTTPException(403, "this is not for your role")
    return names


@router.get("/live", response_class=EventSourceResponse)
async def live(
    request: Request,
    user: CurrentUser,
    services: Services,
    channels: Annotated[list[str], Depends(requested_channels)],
    since: str = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Stream the updates of channels."""
    subscriptions = _subscriptions(services, user, channels, last_event_id or since)
    by_channel = {channel: one for one in subscriptions for channel in one.hub_channels}
    with services.hub.subscribe(by_channel) as updates:
        yield tick(retry=RETRY_MILLISECONDS)
        try:
            for subscription in subscriptions:
                async for event in subscription.start():
                    yield event
        except UpdatesLostError:
            return
        async for event in _updates(request, services, user, updates, by_channel):
            yield event


@router.get("/api/now/{channel}")
async def now(channel: str, user: CurrentUser, services: Services) -> Response:
    """Return the state of a channel, for programs: zones, support, music, bar:NAME and those of further features."""
    available = services.channels.in_api()
    if channel not in available:
        raise HTTPException(404, f"there is no channel {channel!r}; there are {', '.join(available)}")
    if not services.channels.is_open_to(user, channel):
        raise HTTPException(403, "this is not for your role")
    return Response(services.channels.state(channel), media_type="application/json")


def tick(retry: int | None = None) -> ServerSentEvent:
    """Return the event that tells the server's clock."""
    return ServerSentEvent(event="tick", raw_data=f'{{"now":{int(time.time() * 1000)}}}', retry=retry)


def _subscriptions(
    services: ConsoleServices, user: User, channels: list[str], cursor: str
) -> list[ChannelSubscription]:
    """Return a subscription for each channel; those that may have to wait for what was missed come last."""
    states: list[ChannelSubscription] = []
    others: list[ChannelSubscription] = []
    for name in dict.fromkeys(channels):
        subscribe = services.channels[name].subscribe
        if subscribe is None:
            states.append(StateSubscription(services, name))
        else:
            others.append(subscribe(services, user, cursor))
    return states + others


async def _updates(
    request: Request,
    services: ConsoleServices,
    user: User,
    updates: Subscription,
    by_channel: dict[str, ChannelSubscription],
) -> AsyncIterator[ServerSentEvent]:
    """Yield updates and ticks until the page can't keep up or the session ends."""
    ticked = checked = time.monotonic()
    while not updates.too_slow:
        present = time.monotonic()
        if present - checked > SESSION_CHECK_SECONDS:
            checked = present
            try:
                if await services.authenticator.authenticate(request) != user:
                    return
            except (RedisError, OSError):
                pass  # nobody can log in or out either
        if present - ticked >= TICK_SECONDS:
            ticked = present
            yield tick()
        update = await updates.get(TICK_SECONDS - (present - ticked))
        if update is not None and (event := by_channel[update[0]].event(update[1])):
            yield event
