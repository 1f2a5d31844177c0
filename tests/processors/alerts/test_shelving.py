"""Shelving: how long, what can't be shelved, what ends it, and that notifications pause meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from processors.alerts.alarm import AlarmState, apply_action, apply_observation
from processors.alerts.notifications import is_still_needed, plan_notifications
from processors.alerts.shelving import TIMER, ShelvingError, check_shelving
from schemas.alerts import Alert, AlertAction, Observation
from schemas.contacts import Contact
from schemas.rules import RuleSettings
from schemas.venue import Venue

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)
SETTINGS = RuleSettings(raise_at=3, clear_at=2, severity="high", audience=["security"])
VENUE = Venue(
    name="Here", contacts=[Contact(id="duty", audience=["security"], escalate_to=["chief"]), Contact(id="chief")]
)


class Alarm:
    """One alarm whose values and actions come at the same minutes by the wall clock."""

    def __init__(self) -> None:
        self.state = AlarmState()
        self.steps: list[Alert] = []

    def value(self, minute: float, value: float, settings: RuleSettings = SETTINGS) -> Alert | None:
        time = NOON + timedelta(minutes=minute)
        observation = Observation(
            id=f"o{minute}", key="density/front", rule="density", subject="front", time=time, value=value
        )
        self.state, step = apply_observation(self._restarted(), observation, settings, time)
        return self._kept(step)

    def act(self, minute: float, verb: str, by: str = "ana", minutes: float | None = None) -> Alert | None:
        action = AlertAction(
            id=f"a{minute}", key="density/front", action=verb, by=by, time=NOON + timedelta(minutes=minute),  # type: ignore[arg-type]
            note="lens cleaned", minutes=minutes,
        )  # fmt: skip
        self.state, step = apply_action(self._restarted(), action)
        return self._kept(step)

    def _restarted(self) -> AlarmState:
        """Return the state as a worker that was restarted reads it."""
        return msgspec.json.decode(msgspec.json.encode(self.state), type=AlarmState)

    def _kept(self, step: Alert | None) -> Alert | None:
        self.steps += [] if step is None else [step]
        return step


@pytest.fixture
def shelved() -> Alarm:
    alarm = Alarm()
    alarm.value(0, 4)
    alarm.act(1, "shelve", minutes=10)
    return alarm


def test_shelved_alert_comes_back_with_the_next_value_after_its_time(shelved: Alarm) -> None:
    step = shelved.steps[-1]
    assert (step.state, step.shelved_by, step.shelved_reason) == ("shelved", "ana", "lens cleaned")
    assert step.shelved_until == NOON + timedelta(minutes=11)
    assert shelved.value(10.9, 4) is None
    returned = shelved.value(11, 4)
    assert returned is not None
    assert (returned.state, returned.shelved_until, returned.shelved_by) == ("unshelved", None, None)
    assert shelved.value(12, 4) is None, "once"


def test_shelved_alert_comes_back_by_the_timer_without_any_value(shelved: Alarm) -> None:
    assert shelved.act(10, "unshelve", by=TIMER) is None, "its time is not over"
    returned = shelved.act(11, "unshelve", by=TIMER)
    assert returned is not None and (returned.state, returned.shelved_until) == ("unshelved", None)
    assert shelved.act(11.1, "unshelve", by=TIMER) is None


def test_prolonged_shelf_outlives_the_timer_of_the_first(shelved: Alarm) -> None:
    shelved.act(9, "shelve", minutes=10)
    assert shelved.act(11, "unshelve", by=TIMER) is None
    assert shelved.act(12, "unshelve") is not None, "a person may end it at any time"


@pytest.mark.parametrize(
    ("value", "severity", "breaks"), [(4.9, "high", False), (5.0, "high", True), (3.5, "critical", True)]
)
def test_alert_that_gets_worse_breaks_through(shelved: Alarm, value: float, severity: str, breaks: bool) -> None:
    shelved.value(5, value, SETTINGS.model_copy(update={"severity": severity}))
    last = shelved.steps[-1]
    assert (last.state == "unshelved", last.shelved_until is None) == (breaks, breaks)
    if breaks:
        assert last.severity == severity


def test_alert_that_is_raised_again_stays_shelved_and_comes_back(shelved: Alarm) -> None:
    resolved, again = shelved.value(3, 1), shelved.value(5, 4)
    assert resolved is not None and again is not None
    assert (resolved.state, again.state, again.shelved_by) == ("resolved", "raised", "ana")
    assert resolved.shelved_until == again.shelved_until == NOON + timedelta(minutes=11)
    returned = shelved.act(11, "unshelve", by=TIMER)
    assert returned is not None and (returned.id, returned.state) == (again.id, "unshelved")


def test_shelf_of_an_ended_alert_ends_with_a_step_that_does_not_open_it(shelved: Alarm) -> None:
    shelved.value(3, 1)
    ended = shelved.act(11, "unshelve", by=TIMER)
    assert ended is not None and ended.state == "unshelved" and ended.resolved_at is not None
    assert plan_notifications(ended, NOON, VENUE) == []
    raised = shelved.value(12, 4)
    assert raised is not None and (raised.state, raised.shelved_until) == ("raised", None)


def test_every_step_of_a_shelved_alert_says_that_it_is(shelved: Alarm) -> None:
    note = shelved.act(2, "note")
    update = shelved.value(4, 4.8)
    assert update is not None and note is not None and note.shelved_until == update.shelved_until is not None


def test_notifications_pause_and_begin_anew_when_the_alert_comes_back(shelved: Alarm) -> None:
    raised, aside = shelved.steps
    planned = plan_notifications(raised, NOON, VENUE)
    assert [(one.contact, one.reason) for one in planned] == [("duty", "raised"), ("chief", "nobody")]
    assert not any(is_still_needed(one, aside) for one in planned)
    shelved.value(2, 1)
    again = shelved.value(3, 4)
    assert again is not None and plan_notifications(again, NOON, VENUE) == []
    returned = shelved.act(11, "unshelve")
    assert returned is not None
    anew = plan_notifications(returned, NOON, VENUE)
    assert [(one.contact, one.reason) for one in anew] == [("duty", "returned"), ("chief", "nobody")]
    assert not {one.id for one in anew} & {one.id for one in planned}
    assert all(is_still_needed(one, returned) for one in anew)


@pytest.mark.parametrize(
    ("minutes", "note", "can_shelve", "why"),
    [
        (31, "known", True, "at most 30 minutes"), (None, "known", True, "at most 30 minutes"),
        (10, "  x ", True, "why the alert is shelved"), (10, "known", False, "danger to life"),
    ],
)  # fmt: skip
def test_shelving_is_refused(minutes: float | None, note: str, can_shelve: bool, why: str) -> None:
    action = AlertAction(id="a", key="k/s", action="shelve", by="ana", time=NOON, note=note, minutes=minutes)
    with pytest.raises(ShelvingError, match=why):
        check_shelving(action, can_shelve=can_shelve, longest_minutes=30)
