"""A page's subscription to alerts: each step once, for its user only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import msgspec
import pytest
from msgspec.structs import replace
from redis.exceptions import ConnectionError as RedisConnectionError

from console.authentication import User
from console.feature import UpdatesLostError
from console.features.alerts.alert_feed import AlertFeed, AlertStep
from console.features.alerts.live import AlertSubscription
from console.services import ConsoleServices
from schemas.alerts import Alert, Audience

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
ALERT = Alert(
    id="a@1", key="a", version=1, rule="stock-out", subject="north/beer", state="raised", severity="high",
    audience=("security", "bar"), raised_at=AT, time=AT, value=0.9, peak=0.9, threshold=0.8, event_id="e",
)  # fmt: skip
ADMIN = User("ada", frozenset({"admin"}))


class UnreachableFeed(AlertFeed):
    """A feed whose Redis does not answer."""

    def __init__(self) -> None:
        super().__init__(None, None, None)  # type: ignore[arg-type]
        self.ready.set()

    async def steps_since(self, cursor: object, audiences: object) -> list[AlertStep] | None:
        raise RedisConnectionError("refused")


class Services:
    """Stub of the console services with the alert feed only."""

    def part(self, kind: type) -> AlertFeed:
        return UnreachableFeed()


def subscription(user: User, cursor: str) -> AlertSubscription:
    return AlertSubscription(cast("ConsoleServices", Services()), user, cursor)


def step(audience: Audience, entry: str, alert: Alert = ALERT) -> AlertStep:
    return AlertStep(audience, entry, alert, msgspec.json.encode(alert))


def test_step_carries_the_next_cursor_and_is_sent_once() -> None:
    page = subscription(ADMIN, "bar=0-0,production=0-0,security=0-0,support=0-0")
    event = page.event(step("security", "5-0"))
    assert event is not None
    assert (event.event, event.id) == ("alert", "bar=0-0,production=0-0,security=5-0,support=0-0")
    assert page.event(step("security", "5-0")) is None, "repeated step"
    assert page.event(step("bar", "5-1")) is None, "the same step in the stream of its other audience"


def test_step_of_another_bar_is_not_sent() -> None:
    page = subscription(User("bea", frozenset({"bar"}), ("south",)), "bar=0-0")
    assert page.event(step("bar", "5-0")) is None
    assert page.event(step("bar", "6-0", replace(ALERT, subject="south/beer"))) is not None


async def test_subscription_without_redis_loses_updates() -> None:
    with pytest.raises(UpdatesLostError, match="refused"):
        [event async for event in subscription(ADMIN, "").start()]
