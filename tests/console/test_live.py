"""Subscriptions of pages to live channels, without a server."""

from __future__ import annotations

import json

from fastapi.sse import ServerSentEvent

from console.live import StateSubscription, tick
from console.server import build_services
from stream.runtime.settings import Settings

SERVICES = build_services(Settings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1"))


def text(event: ServerSentEvent) -> str:
    assert event.raw_data is not None
    return event.raw_data


async def test_state_channel_sends_its_whole_state() -> None:
    subscription = StateSubscription(SERVICES, "zones")
    (first,) = [event async for event in subscription.start()]
    assert (first.event, first.id) == ("zones", None)
    assert json.loads(text(first)).keys() == {"zones", "cameras", "venue"}
    changed = subscription.event(b'{"zones":[]}')
    assert changed is not None
    assert (changed.event, changed.raw_data) == ("zones", '{"zones":[]}')


def test_tick_has_the_servers_clock_in_milliseconds() -> None:
    assert json.loads(text(tick()))["now"] > 1_700_000_000_000
    assert tick(retry=1000).retry == 1000
