"""The alerts agents without Kafka and Redis: rules, the life cycle of an alert, actions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schemas.alerts import ACTIONS, ALERTS, LABELS, OBSERVATIONS, AlertAction, Observation
from schemas.venue import Venue
from schemas.violence import VIOLENCE, ViolenceScore
from stream.features.alerts import FEATURE
from stream.runtime.settings import Settings
from stream.runtime.testing import TestDriver

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
KEY = "violence/gate"


@pytest.fixture
def driver() -> TestDriver:
    settings = Settings(redis="redis://127.0.0.1:1/0")  # no test writes to it
    return TestDriver(FEATURE, Venue(name="Test"), settings=settings)


def observation(second: float, value: float = 0.9, **changes: str) -> Observation:
    fields = {"key": KEY, "rule": "violence", "subject": "gate"} | changes
    return Observation(id=f"o{second}", time=AT + timedelta(seconds=second), value=value, **fields)


def action(kind: str, second: float) -> AlertAction:
    time = AT + timedelta(seconds=second)
    return AlertAction(id=f"{kind}-{second}", key=KEY, action=kind, by="ana", time=time)  # type: ignore[arg-type]


async def test_results_become_observations_keyed_by_alert(driver: TestDriver) -> None:
    score = ViolenceScore(event_id="e1", camera="gate", time=AT, probability=0.9, model="m")
    (record,) = (await driver.send(VIOLENCE, "gate", score)).of(OBSERVATIONS)
    assert (record.key, record.value) == (KEY, 0.9)
    assert set(record.text) == {"es", "en"}


async def test_alert_is_raised_acknowledged_and_confirmed(driver: TestDriver) -> None:
    assert not (await driver.send(OBSERVATIONS, KEY, observation(0))).of(ALERTS), "the on-delay has not passed"
    (raised,) = (await driver.send(OBSERVATIONS, KEY, observation(2))).of(ALERTS)
    (acknowledged,) = (await driver.send(ACTIONS, KEY, action("acknowledge", 3))).of(ALERTS)
    effects = await driver.send(ACTIONS, KEY, action("confirm", 4))
    (label,) = effects.of(LABELS)
    assert [raised.state, acknowledged.state, label.verdict] == ["raised", "acknowledged", "confirmed"]
    assert set(effects.rows) == {KEY}


async def test_observations_after_a_failed_batch_are_applied_once(driver: TestDriver) -> None:
    events = [driver.event(OBSERVATIONS, KEY, observation(second)) for second in (0, 2)]
    first = await driver.send_events(OBSERVATIONS, events)
    repeated = await driver.send_events(OBSERVATIONS, events)
    assert len(first.of(ALERTS)) == 1
    assert not repeated.of(ALERTS)


@pytest.mark.parametrize(
    ("key", "wrong", "reason"),
    [("other", {}, "not its alert key"), (KEY, {"rule": "boredom"}, "'boredom' is not an alert rule")],
)
async def test_unusable_observation_is_rejected(
    driver: TestDriver, key: str, wrong: dict[str, str], reason: str
) -> None:
    effects = await driver.send(OBSERVATIONS, key, observation(0, **wrong))
    assert reason in effects.rejections[0]
