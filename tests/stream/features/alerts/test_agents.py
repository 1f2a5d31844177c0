"""The alerts agents without Kafka and Redis: rules, the life cycle of an alert, actions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from schemas.alerts import ACTIONS, ALERTS, LABELS, OBSERVATIONS, Alert, AlertAction, Observation
from schemas.sources import PROCESS_STATES, SOURCE_STATES, ProcessState, SourceState
from schemas.venue import Venue
from schemas.violence import VIOLENCE, ViolenceScore
from stream.features import registry
from stream.features.alerts import FEATURE, agents
from stream.features.alerts.agents import ShelfTimer
from stream.runtime.settings import Settings
from stream.runtime.testing import SentEffects, TestDriver
from stream.stores.alert_store import AlertStore

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


class FakeStore:
    """Open alerts, as Redis has them; None while it can't be reached."""

    def __init__(self, alerts: list[Alert] | None) -> None:
        self.alerts = alerts

    async def open_alerts(self) -> list[Alert] | None:
        return self.alerts


def silent_state(silent: bool = True, source: str = "camera/gate") -> SourceState:
    kind, name = source.split("/")
    return SourceState(
        event_id="t1", source=source, kind=kind, name=name, time=AT + timedelta(seconds=30), silent=silent, since=AT
    )


async def raised_alert(driver: TestDriver) -> Alert:
    score = ViolenceScore(event_id="e1", camera="gate", time=AT, probability=0.9, model="m")
    (first,) = (await driver.send(VIOLENCE, "gate", score)).of(OBSERVATIONS)
    assert first.origin == "camera/gate"
    await driver.send(OBSERVATIONS, KEY, first)
    (raised,) = (await driver.send(OBSERVATIONS, KEY, replace(first, id="o2", time=AT + timedelta(seconds=2)))).of(
        ALERTS
    )
    return raised


async def test_alert_whose_camera_dies_says_so_until_the_camera_returns(
    driver: TestDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = await raised_alert(driver)
    other = replace(raised, key="density/front", origin="camera/front")
    monkeypatch.setattr(AlertStore, "open_alerts", FakeStore([raised, other]).open_alerts)
    effects = await driver.send(SOURCE_STATES, "camera/gate", silent_state())
    alarm, mark = effects.of(OBSERVATIONS)
    assert (alarm.key, alarm.value) == ("camera-silent/gate", 1)
    assert (mark.key, mark.blind_since) == (KEY, AT)
    (blind,) = (await driver.send(OBSERVATIONS, KEY, mark)).of(ALERTS)
    assert (blind.state, blind.version, blind.blind_since, blind.value) == ("updated", 2, AT, 0.9)
    assert not (await driver.send(OBSERVATIONS, KEY, replace(mark, id="again"))).of(ALERTS), "it says so already"
    (seen,) = (await driver.send(OBSERVATIONS, KEY, observation(60))).of(ALERTS)
    assert (seen.state, seen.blind_since) == ("updated", None)


async def test_nothing_is_marked_by_a_source_that_delivers_or_without_redis(
    driver: TestDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = await raised_alert(driver)
    monkeypatch.setattr(AlertStore, "open_alerts", FakeStore([raised]).open_alerts)
    effects = await driver.send(SOURCE_STATES, "camera/gate", silent_state(silent=False))
    assert [one.key for one in effects.of(OBSERVATIONS)] == ["camera-silent/gate"]
    monkeypatch.setattr(AlertStore, "open_alerts", FakeStore(None).open_alerts)
    effects = await driver.send(SOURCE_STATES, "camera/gate", silent_state())
    assert [one.key for one in effects.of(OBSERVATIONS)] == ["camera-silent/gate"]


async def test_endpoint_of_the_tills_blinds_the_alerts_of_all_bars(
    driver: TestDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = replace(await raised_alert(driver), key="stock-out/north/beer", rule="stock-out", origin="tills/north")
    monkeypatch.setattr(AlertStore, "open_alerts", FakeStore([stock]).open_alerts)
    for source in ("tills/http", "tills/north"):
        effects = await driver.send(SOURCE_STATES, source, silent_state(source=source))
        assert [one.key for one in effects.of(OBSERVATIONS) if one.blind_since] == [stock.key]


@pytest.mark.parametrize(
    ("source", "audience"),
    [
        ("camera/gate", "security"), ("microphone/main", "production"), ("mailbox/support", "support"),
        ("posts/http", "support"), ("tills/north", "bar"),
    ],
)  # fmt: skip
async def test_each_kind_of_source_has_its_audience_and_texts(driver: TestDriver, source: str, audience: str) -> None:
    settings = registry.rule_settings(Venue(name="Test"))
    for state in (
        silent_state(source=source), replace(silent_state(source=source), reason="pace"),
        replace(silent_state(source=source), reason="process"), replace(silent_state(source=source), reason="no power"),
        silent_state(silent=False, source=source), replace(silent_state(silent=False, source=source), watched=False),
    ):  # fmt: skip
        (one,) = (await driver.send(SOURCE_STATES, source, state)).of(OBSERVATIONS)
        assert settings[one.rule].audience == [audience]
        assert set(one.text) == {"es", "en"} and one.value == state.silent
    covered = replace(silent_state(source=source), covered=True)
    assert not (await driver.send(SOURCE_STATES, source, covered)).of(OBSERVATIONS)


@pytest.mark.parametrize("cause", ["process", "network"])
async def test_silent_process_is_one_observation(driver: TestDriver, cause: str) -> None:
    state = ProcessState(
        event_id="t1", process="sources", time=AT, silent=True, since=AT, cause=cause,  # type: ignore[arg-type]
        sources=tuple(f"camera/c{number}" for number in range(50)), number=51,
    )  # fmt: skip
    (one,) = (await driver.send(PROCESS_STATES, "sources", state)).of(OBSERVATIONS)
    assert (one.key, one.value) == ("sources-silent/sources", 1)
    assert "camera/c0, camera/c1" in one.text["en"] and len(one.text["en"]) < 250


async def test_open_alert_outlives_all_others_and_is_resolved_a_month_later(driver: TestDriver) -> None:
    def mail(name: str, day: float, value: float) -> Observation:
        return observation(day * 86_400, value, key=f"mail-urgent/{name}", rule="mail-urgent", subject=name)

    for name, value in (("open", 1.0), ("calm", 0.0)):
        await driver.send(OBSERVATIONS, f"mail-urgent/{name}", mail(name, 0, value))
    later = [driver.event(OBSERVATIONS, one.key, one) for one in (mail(f"other-{n}", 30, 0.0) for n in range(20))]
    effects = await driver.send_events(OBSERVATIONS, later)
    assert [key for key, row in effects.rows.items() if row is None] == ["mail-urgent/calm"]
    resolve = replace(action("resolve", 30 * 86_400), key="mail-urgent/open")
    (resolved,) = (await driver.send(ACTIONS, "mail-urgent/open", resolve)).of(ALERTS)
    assert (resolved.state, resolved.raised_at) == ("resolved", AT)


async def shelve(driver: TestDriver, key: str = KEY, minutes: float = 10) -> SentEffects:
    act = AlertAction(
        id=f"shelve-{minutes}", key=key, action="shelve", by="ana", time=datetime.now(UTC), note="lens", minutes=minutes
    )
    return await driver.send(ACTIONS, key, act)


async def test_shelved_alert_stays_shelved_until_its_time_is_over(driver: TestDriver) -> None:
    await raised_alert(driver)
    (step,) = (await shelve(driver)).of(ALERTS)
    assert (step.state, step.shelved_by, step.shelved_reason) == ("shelved", "ana", "lens")
    assert not (await driver.send(OBSERVATIONS, KEY, observation(20))).of(ALERTS)


async def test_alert_of_danger_to_life_and_too_long_a_time_are_refused(driver: TestDriver) -> None:
    await raised_alert(driver)
    assert "at most 30 minutes" in (await shelve(driver, minutes=31)).rejections[0]
    key = "mail-urgent/m-1"
    value = observation(0, 1, key=key, rule="mail-urgent", subject="m-1")
    (mail,) = (await driver.send(OBSERVATIONS, key, value)).of(ALERTS)
    assert mail.severity == "critical"
    assert "danger to life" in (await shelve(driver, key)).rejections[0]


class FakeWorker:
    """Keeps the records that a timer sends."""

    def __init__(self) -> None:
        self.sent: list[AlertAction] = []

    async def try_produce(self, _topic: object, _key: str, payload: AlertAction, **_more: object) -> None:
        self.sent.append(payload)


class FakeShelf:
    """Shelved alerts, as Redis has them."""

    def __init__(self, *alerts: Alert) -> None:
        self._alerts = alerts

        self.forgotten: list[str] = []

    async def shelved_alerts(self) -> tuple[Alert, ...]:
        return self._alerts

    async def forget_shelved(self, key: str) -> None:
        self.forgotten.append(key)


async def test_timer_ends_the_shelving_of_those_whose_time_is_over(
    driver: TestDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised, now = await raised_alert(driver), datetime.now(UTC)
    over = replace(raised, shelved_until=now - timedelta(seconds=1))
    worker, shelf = FakeWorker(), FakeShelf(over, replace(over, key="other", shelved_until=now + timedelta(hours=1)))
    timer = ShelfTimer(worker, shelf)  # type: ignore[arg-type]
    await timer.end_shelving()
    await timer.end_shelving()
    assert [(one.key, one.action, one.by) for one in worker.sent] == [(KEY, "unshelve", "pulso")] * 2
    assert len({one.id for one in worker.sent}) == 1, "the second is a repetition, which changes nothing"
    assert not shelf.forgotten
    monkeypatch.setattr(agents, "SHELF_ANSWER", timedelta(0))
    await timer.end_shelving()
    assert (len(worker.sent), shelf.forgotten) == (2, [KEY]), "the worker has lost its state: nobody answers"
