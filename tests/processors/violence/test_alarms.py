"""Alarms on recorded scores: equal to those of the live alert; operating curve and confidence limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.alerts.alarm import AlarmState, apply_observation
from processors.violence.alarms import ScoredClip, alarm_times, curve, point, upper_limit
from processors.violence.evaluation import shipped_rule
from processors.violence.rules import VIOLENCE_RULE
from processors.violence.scorer import ViolenceScorer
from schemas.alerts import Observation
from schemas.rules import RuleSettings

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
TICK = 0.125


def rule(**fields: float) -> RuleSettings:
    settings = {"raise_at": 0.8, "clear_at": 0.4, "on_delay_seconds": 0.5} | fields
    return RuleSettings.model_validate(settings | {"audience": ["security"]})


def live_alert_times(probabilities: list[float], settings: RuleSettings) -> list[float]:
    """Return the times at which the live alert is raised by the same scores, eight per second."""
    alarm, raised = AlarmState(), []
    for number, value in enumerate(probabilities):
        observation = Observation(
            id=str(number), key="violence/c", rule="violence", subject="c", value=value,
            time=AT + timedelta(seconds=number * TICK),
        )  # fmt: skip
        alarm, step = apply_observation(alarm, observation, settings)
        if step is not None and step.state == "raised":
            raised.append(number * TICK)
    return raised


@given(
    st.lists(st.sampled_from([0.1, 0.4, 0.5, 0.8, 0.95]), max_size=120),
    st.sampled_from([0.0, 0.25, 1.0]),
    st.sampled_from([0.0, 0.5, 2.0]),
    st.sampled_from([0.0, 3.0]),
)
def test_alarm_times_equal_those_of_live_alert(values: list[float], on: float, off: float, cool: float) -> None:
    settings = rule(on_delay_seconds=on, off_delay_seconds=off, cool_down_seconds=cool)
    assert alarm_times(values, [number * TICK for number in range(len(values))], settings) == live_alert_times(
        values, settings
    )


def clip(fight: bool, *values: float) -> ScoredClip:
    return ScoredClip(fight, values, [0.75 + i * TICK for i in range(len(values))], 0.75 + len(values) * TICK)


def test_curve_point_of_small_example() -> None:
    clips = [
        clip(True, *[0.9] * 10),  # alarmed 0.5 s after it is warm
        clip(True, *[0.1] * 4, *[0.9] * 6),  # half a second later
        clip(True, *[0.5] * 10),
        clip(False, *[0.9] * 5, *[0.1] * 5),  # a false alarm
        clip(False, *[0.9] * 4, *[0.1] * 6),  # too short for one
    ]
    curve_point = point(clips, rule())
    assert (curve_point.false_alarms, curve_point.fights_alarmed) == (1, pytest.approx(2 / 3))
    assert curve_point.false_alarms_per_hour == pytest.approx(3600 / 4.0)
    assert curve_point.false_alarms_per_hour_upper == pytest.approx(4.744 * 900, rel=1e-3)
    assert (curve_point.delay_median, curve_point.delay_p90) == (pytest.approx(1.5), pytest.approx(1.7))


def test_curve_point_without_clips_has_no_figures() -> None:
    only_fights = point([clip(True, 0.1)], rule())
    assert (only_fights.false_alarms_per_hour, only_fights.fights_alarmed, only_fights.delay_median) == (
        None,
        0.0,
        None,
    )
    assert point([clip(False, 0.1)], rule()).fights_alarmed is None


def test_curve_trades_false_alarms_for_detections() -> None:
    clips = [clip(number % 2 == 0, *[0.45 + 0.05 * ((number + i) % 11) for i in range(20)]) for number in range(20)]
    points = curve(clips, rule())
    for curve_point in points:
        stricter = [
            other
            for other in points
            if other["raise_threshold"] >= curve_point["raise_threshold"]  # type: ignore[operator]
            and other["minimum_seconds"] >= curve_point["minimum_seconds"]  # type: ignore[operator]
        ]
        assert all(other["fights_alarmed"] <= curve_point["fights_alarmed"] for other in stricter)  # type: ignore[operator]
    assert points[0]["false_alarms"] > points[-1]["false_alarms"]  # type: ignore[operator]


@pytest.mark.parametrize(("events", "limit"), [(0, 2.996), (1, 4.744), (2, 6.296), (10, 16.962)])
def test_upper_limits_equal_published_tables(events: int, limit: float) -> None:
    assert upper_limit(events) == pytest.approx(limit, abs=1e-3)


def test_default_rule_equals_settings_of_model_card() -> None:
    assert shipped_rule(ViolenceScorer.load().settings) == VIOLENCE_RULE.defaults
