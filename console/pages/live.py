"""What is new, as server-sent events: one connection a page.

event alert     one step of an alert (JSON of schemas.alerts.Alert); its id is the cursor to go on from
event reset     {"cursor", "alerts"}: what is open now; begin anew, too much was missed
event zones, cameras, bar:NAME, support, music    what the page shows now, whole
event verdicts    every verdict by alert, when the connection begins; then event verdict    one, as somebody gives it
event tick      {"now"}: milliseconds of the server's clock, so that a page knows that it is connected
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Header, HTTPException, Request
from fastapi.responses import StreamingResponse
from redis.exceptions import RedisError

from console.alert_feed import AlertFeed, Cursor, Step, order, read_cursor, write_cursor
from console.authentication import Visitor, asking
from console.hub import Listener
from console.services import House, house
from console.views.verdicts import CHANNEL as VERDICTS
from console.views.verdicts import told
from schemas.alerts import AlertLabel
from stream.stores.accounts import Role

router = APIRouter()

TICK_SECONDS = 5.0
STILL_IN_SECONDS = 20.0
"""how often an open page's session is looked at again"""


HEARD_BY: dict[str, tuple[Role, ...]] = {
    "zones": ("security", "production"),
    "cameras": ("security",),
    "support": ("support",),
    "music": ("production",),
}


def may_hear(visitor: Visitor, channel: str) -> bool:
    """Whether a channel is for this visitor.

    >>> may_hear(Visitor("ana", frozenset({"bar"}), ("north",)), "bar:south")
    False
    """
    kind, _, name = channel.partition(":")
    if kind == "bar":
        return visitor.may_bar(name)
    return kind in ("alerts", VERDICTS) or visitor.may(*HEARD_BY.get(kind, ()))


@router.get("/live")
async def live(
    request: Request,
    visitor: Annotated[Visitor, Depends(asking)],
    parts: Annotated[House, Depends(house)],
    channels: str,
    since: str = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Stream what is new on the channels."""
    wanted = channels.split(",")
    known = {"alerts", VERDICTS, "zones", "cameras", "support", "music", *(f"bar:{bar.id}" for bar in parts.venue.bars)}
    if unknown := sorted(set(wanted) - known):
        raise HTTPException(404, f"no channel is called {', '.join(unknown)}")
    if not all(may_hear(visitor, channel) for channel in wanted):
        raise HTTPException(403, "this is not for your role")
    return StreamingResponse(
        _events(request, parts, visitor, wanted, last_event_id or since),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _events(
    request: Request, parts: House, visitor: Visitor, wanted: list[str], since: str
) -> AsyncIterator[bytes]:
    heard = [channel for channel in wanted if channel != "alerts"]
    with_alerts = "alerts" in wanted
    if with_alerts:
        heard += [f"alerts:{audience}" for audience in visitor.audiences]
    with parts.hub.listen(heard) as listener:
        yield b"retry: 1000\n\n" + tick()
        for channel in heard:
            if channel == VERDICTS:
                yield frame(VERDICTS, msgspec.json.encode(parts.results.verdicts.seen_by(visitor)))
            elif not channel.startswith("alerts:"):
                yield frame(channel, parts.state(channel))
        feed = _Alerts(parts.alerts, visitor, since)
        if with_alerts:
            async for part in feed.catch_up():
                yield part
            if feed.lost:
                return
        async for part in _news(request, parts, visitor, listener, feed):
            yield part


async def _news(
    request: Request, parts: House, visitor: Visitor, listener: Listener, feed: _Alerts
) -> AsyncIterator[bytes]:
    ticked = looked = time.monotonic()
    while not listener.too_slow:
        now = time.monotonic()
        if now - looked > STILL_IN_SECONDS:
            looked = now
            try:
                if await parts.door.visitor(request) != visitor:
                    return
            except (RedisError, OSError):
                pass  # nobody can log in or out either
        if now - ticked >= TICK_SECONDS:
            ticked = now
            yield tick()
        news = await listener.get(TICK_SECONDS - (now - ticked))
        match news:
            case (_, Step() as step):
                if part := feed.frame(step):
                    yield part
            case (_, AlertLabel() as label):
                if parts.results.verdicts.may_see(visitor, label):
                    yield frame("verdict", msgspec.json.encode(told(label)))
            case (channel, state):
                yield frame(channel, state)


class _Alerts:
    """The alerts of one connection: what it missed, then what is new, in one order and each once."""

    def __init__(self, source: AlertFeed, visitor: Visitor, since: str) -> None:
        self._source = source
        self._visitor = visitor
        self._cursor: Cursor = read_cursor(since) or {}
        self.lost = False
        """what was missed can't be read: the connection must end, and the page comes back with the cursor it has"""

    async def catch_up(self) -> AsyncIterator[bytes]:
        """What the page missed, or all that is open."""
        while not self._source.ready.is_set():
            yield tick()
            await _wait(self._source)
        try:
            missed = await self._source.since(self._cursor, self._visitor.audiences)
            if missed is None:
                text, alerts = await self._source.snapshot(self._visitor)
                self._cursor = read_cursor(text) or {}
                yield frame("reset", msgspec.json.encode({"cursor": text, "alerts": alerts}), text)
                return
        except (RedisError, OSError):
            self.lost = True
            return
        for step in missed:
            if part := self.frame(step):
                yield part

    def frame(self, step: Step) -> bytes | None:
        """One step as the page gets it, or None when it has it or it is not for this visitor."""
        if order(step.entry) <= order(self._cursor.get(step.audience, "0-0")):
            return None
        self._cursor[step.audience] = step.entry
        # A step stands in the stream of every audience that it is for: it is sent from the first of them.
        mine = [audience for audience in self._visitor.audiences if audience in step.alert.audience]
        if not mine or mine[0] != step.audience or not self._visitor.sees(step.alert):
            return None
        return frame("alert", step.json, write_cursor(self._cursor))


async def _wait(source: AlertFeed) -> None:
    try:
        await asyncio.wait_for(source.ready.wait(), TICK_SECONDS)
    except TimeoutError:
        return


def frame(event: str, data: bytes, cursor: str = "") -> bytes:
    r"""One server-sent event; JSON has no line breaks.

    >>> frame("alert", b"{}", "bar=1-0")
    b'event: alert\nid: bar=1-0\ndata: {}\n\n'
    """
    name = f"event: {event}\n" + (f"id: {cursor}\n" if cursor else "")
    return b"".join((name.encode(), b"data: ", data, b"\n\n"))


def tick() -> bytes:
    """The server's clock."""
    return frame("tick", b'{"now":%d}' % int(time.time() * 1000))
