"""Life cycle of an alert: its delays and thresholds, actions of people, and any sequence of values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from processors.alerts.alarm import MAX_CLOSED_ALERTS, AlarmState, apply_action, apply_observation
from schemas.alerts import Alert, AlertAction, Observation
from schemas.rules import RuleSettings

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)
SETTINGS = RuleSettings(
    raise_at=3.5, clear_at=3.0, on_delay_seconds=10, off_delay_seconds=20, cool_down_seconds=60, audience=["security"]
)


def make_observation(second: float, value: float, name: str | None = None) -> Observation:
    return Observation(
        id=name or f"{second}", key="density/front", rule="density", subject="front",
        time=NOON + timedelta(seconds=second), value=value,
    )  # fmt: skip


def steps(*values: tuple[float, float], settings: RuleSettings = SETTINGS) -> list[tuple[float, str]]:
    """Return second and state of every step that these (second, value) pairs cause."""
    alarm, caused = AlarmState(), []
    for second, value in values:
        alarm, step = apply_observation(alarm, make_observation(second, value), settings)
        if step is not None:
            caused.append((second, step.state))
    return caused


def test_peak_shorter_than_the_on_delay_raises_nothing() -> None:
    assert steps((0, 4), (5, 4), (9, 3.2), (12, 4), (21, 4)) == []


def test_open_alert_stays_open_between_the_thresholds() -> None:
    assert steps((0, 4), (10, 4), (60, 3.2), (120, 3.2)) == [(10, "raised")]


def test_corrected_clock_does_not_keep_an_alarm_silent() -> None:
    alarm, wall = AlarmState(), NOON
    alarm, _ = apply_observation(alarm, make_observation(3000, 1), SETTINGS, wall)
    raised = []
    for second in range(0, 40, 2):
        alarm, step = apply_observation(alarm, make_observation(second, 4), SETTINGS, wall + timedelta(seconds=second))
        raised += [step.state] if step else []
    assert raised == ["raised"]


def test_late_observation_changes_nothing_at_any_wall_clock() -> None:
    for wall in (None, NOON + timedelta(hours=2), NOON - timedelta(hours=2)):
        alarm, _ = apply_observation(AlarmState(), make_observation(30, 1), SETTINGS, wall)
        late, step = apply_observation(alarm, make_observation(20, 9), SETTINGS, wall)
        assert late is alarm and step is None
    alarm, _ = apply_observation(AlarmState(), make_observation(3000, 1), SETTINGS, NOON + timedelta(hours=2))
    late, step = apply_observation(alarm, make_observation(0, 9), SETTINGS, NOON + timedelta(hours=2))
    assert late is alarm and step is None


def test_alert_clears_only_after_the_off_delay() -> None:
    assert steps((0, 4), (10, 4), (20, 2), (30, 4), (40, 2), (59, 2), (60, 2)) == [(10, "raised"), (60, "resolved")]


def test_alert_is_not_raised_within_the_cool_down() -> None:
    raised_and_resolved = ((0, 4), (10, 4), (20, 2), (40, 2), (50, 4), (70, 4))
    assert steps(*raised_and_resolved, (99, 4)) == [(10, "raised"), (40, "resolved")]
    assert steps(*raised_and_resolved, (100, 4)) == [(10, "raised"), (40, "resolved"), (100, "raised")]


def test_rising_value_updates_the_alert_in_steps() -> None:
    assert steps((0, 4), (10, 4), (11, 4.3), (12, 4.5), (13, 4.6), (14, 5.2)) == [
        (10, "raised"), (12, "updated"), (14, "updated"),
    ]  # fmt: skip


def test_alert_keeps_first_acknowledger_and_ends_when_resolved() -> None:
    def action(name: str, kind: str, by: str) -> AlertAction:
        return AlertAction(id=name, key="density/front", action=kind, by=by, time=NOON + timedelta(minutes=1))  # type: ignore[arg-type]

    alarm, _ = apply_observation(AlarmState(), make_observation(0, 4), SETTINGS)
    alarm, _ = apply_observation(alarm, make_observation(10, 4), SETTINGS)
    alarm, first = apply_action(alarm, action("a", "acknowledge", "ana"))
    alarm, repeated = apply_action(alarm, action("a", "acknowledge", "ana"))
    alarm, second = apply_action(alarm, action("b", "acknowledge", "bo"))
    alarm, end = apply_action(alarm, action("c", "resolve", "bo"))
    assert (first and first.state, repeated, second and second.acknowledged_by) == ("acknowledged", None, "ana")
    assert (end and end.state, end and end.resolved_by, alarm.alert) == ("resolved", "bo", None)
    assert apply_action(alarm, action("d", "note", "ana"))[1] is None, "no alert is open"


def test_alert_is_assigned_and_judged_and_keeps_its_evidence() -> None:
    def action(name: str, kind: str, **fields: str) -> AlertAction:
        return AlertAction(id=name, key="density/front", action=kind, by="ana", time=NOON, **fields)  # type: ignore[arg-type]

    alarm, _ = apply_observation(AlarmState(), make_observation(0, 4), SETTINGS)
    alarm, raised = apply_observation(alarm, replace(make_observation(10, 4), evidence=("p1",)), SETTINGS)
    alarm, assigned = apply_action(alarm, action("a", "assign", to="bo"))
    alarm, taken = apply_action(alarm, action("b", "assign"))
    alarm, confirmed = apply_action(alarm, action("c", "confirm"))
    alarm, rejected = apply_action(alarm, action("d", "reject"))
    alarm, updated = apply_observation(alarm, make_observation(11, 6), SETTINGS)
    assert raised and assigned and taken and confirmed and rejected and updated
    assert (raised.evidence, updated.evidence) == (("p1",), ("p1",))
    assert (assigned.assigned_to, taken.assigned_to, taken.state) == ("bo", "ana", "assigned")
    assert (confirmed.verdict, rejected.verdict, rejected.state) == ("confirmed", "rejected", "judged")
    assert updated.verdict == "rejected"


@given(
    st.lists(st.tuples(st.integers(0, 30), st.floats(0, 8), st.booleans()), max_size=80),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_any_sequence_has_one_open_alert_and_rising_versions(
    moves: list[tuple[int, float, bool]], on_delay: int, cool_down: int
) -> None:
    settings = SETTINGS.model_copy(update={"on_delay_seconds": on_delay, "cool_down_seconds": cool_down})
    alarm, steps_found, second = AlarmState(), list[Alert](), 0
    for number, (wait, value, repeated) in enumerate(moves):
        second += wait
        for _ in range(1 + repeated):
            alarm, step = apply_observation(alarm, make_observation(second, value, f"n{number}"), settings)
            if step is not None:
                steps_found.append(step)
    steps_by_alert: dict[str, list[Alert]] = {}
    for step in steps_found:
        steps_by_alert.setdefault(step.id, []).append(step)
    for alert_steps in steps_by_alert.values():
        assert [step.version for step in alert_steps] == list(range(1, len(alert_steps) + 1))
        assert [step.state for step in alert_steps].count("raised") == 1
        assert "resolved" not in [step.state for step in alert_steps[:-1]]
    unresolved = [alert_steps for alert_steps in steps_by_alert.values() if alert_steps[-1].state != "resolved"]
    assert len(unresolved) == (alarm.alert is not None)


def resolved_alerts(count: int = 1) -> tuple[AlarmState, list[Alert]]:
    """Return an alarm after a number of raised and resolved alerts, and the last step of each."""
    alarm, last_steps = AlarmState(), []
    for number in range(count):
        for second, value in ((0, 4), (10, 4), (20, 2), (40, 2)):
            alarm, step = apply_observation(alarm, make_observation(1000 * number + second, value), SETTINGS)
        assert step is not None
        last_steps.append(step)
    return alarm, last_steps


def make_verdict(name: str, kind: str, alert: str | None = None) -> AlertAction:
    return AlertAction(
        id=name, key="density/front", action=kind, by="ana", time=NOON + timedelta(days=1), note="seen", alert=alert  # type: ignore[arg-type]
    )  # fmt: skip


def test_verdict_on_resolved_alert_does_not_open_it() -> None:
    alarm, (end,) = resolved_alerts()
    assert (end.state, end.resolved_at) == ("resolved", end.time)
    after, step = apply_action(alarm, make_verdict("a", "reject"))
    assert step is not None
    assert (step.id, step.version, step.state, step.verdict) == (end.id, end.version + 1, "judged", "rejected")
    assert (step.resolved_at, step.note, after.alert) == (end.resolved_at, "seen", None)
    assert apply_action(after, make_verdict("a", "reject")) == (after, None), "repeated"
    _, other = apply_action(after, make_verdict("b", "confirm"))
    assert other is not None
    assert (other.version, other.verdict) == (end.version + 2, "confirmed"), "a person may change their mind"


def test_verdict_by_id_finds_older_alert_while_another_is_open() -> None:
    alarm, ends = resolved_alerts(MAX_CLOSED_ALERTS + 1)
    for second in (9000, 9010):
        alarm, _ = apply_observation(alarm, make_observation(second, 4), SETTINGS)
    assert alarm.alert is not None
    open_alert = alarm.alert
    alarm, step = apply_action(alarm, make_verdict("a", "confirm", ends[1].id))
    assert step is not None
    assert (step.id, step.verdict, alarm.alert) == (ends[1].id, "confirmed", open_alert)
    alarm, step = apply_action(alarm, make_verdict("b", "confirm", open_alert.id))
    assert step is not None
    assert (step.id, step.resolved_at) == (open_alert.id, None)
    assert apply_action(alarm, make_verdict("c", "confirm", ends[0].id))[1] is None, "no longer in the state"
    assert apply_action(alarm, make_verdict("d", "resolve", ends[1].id))[1] is None, (
        "a resolved alert takes verdicts only"
    )
    assert alarm.alert is not None


def test_alert_id_of_longest_key_is_an_identifier() -> None:
    """An id of a mail may have 200 characters, and an alert that can't be decoded is lost."""
    observations = [
        Observation(id="o", key=f"mail-urgent/{'x' * 187}{end}", rule="mail-urgent", subject="m", time=NOON, value=9)
        for end in "ab"
    ]
    ids = set()
    for observation in observations:
        _, step = apply_observation(AlarmState(), observation, SETTINGS.model_copy(update={"on_delay_seconds": 0}))
        assert step is not None
        ids.add(msgspec.json.decode(msgspec.json.encode(step), type=Alert).id)
    assert len(ids) == 2
