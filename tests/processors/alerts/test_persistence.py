"""Delays of alarms are time in the state: outliers, dips, missing samples and silence, at any sample period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.alerts.alarm import AlarmState, apply_observation
from processors.alerts.persistence import SHARE
from schemas.alerts import Observation
from schemas.rules import RuleSettings

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)
HIGH, LOW, BETWEEN = 4.0, 2.0, 3.2


def settings_of(on_delay: float = 10, off_delay: float = 20, cool_down: float = 0) -> RuleSettings:
    return RuleSettings(
        raise_at=3.5, clear_at=3, on_delay_seconds=on_delay, off_delay_seconds=off_delay, cool_down_seconds=cool_down,
        audience=["security"],
    )  # fmt: skip


def observation(second: float, value: float) -> Observation:
    return Observation(
        id=f"{second}", key="density/front", rule="density", subject="front",
        time=NOON + timedelta(seconds=second), value=value,
    )  # fmt: skip


def steps(samples: list[tuple[float, float]], rule: RuleSettings, alarm: AlarmState | None = None) -> list[str]:
    """Return state and second of every step, as `raised@10`."""
    alarm, found = alarm or AlarmState(), []
    for second, value in samples:
        alarm, step = apply_observation(alarm, observation(second, value), rule)
        if step is not None and step.state in ("raised", "resolved"):
            found.append(f"{step.state}@{second:g}")
    return found


def every(period: float, values: list[float], start: float = 0) -> list[tuple[float, float]]:
    return [(start + period * number, value) for number, value in enumerate(values)]


@pytest.mark.parametrize("gap", [60, 240, 600, 3600, 86_400])
def test_two_single_high_values_far_apart_raise_nothing(gap: float) -> None:
    assert steps([(0, HIGH), (gap, HIGH)], settings_of()) == []
    usual = every(1, [LOW] * 60)
    assert steps([*usual, (60, HIGH), (60 + gap, HIGH)], settings_of()) == []


@pytest.mark.parametrize(("period", "delay"), [(1, 10), (0.125, 1), (5, 10), (10, 10), (1, 300)])
def test_constant_value_raises_after_exactly_the_delay(period: float, delay: float) -> None:
    values = every(period, [LOW] * 5 + [HIGH] * (int(delay / period) + 2))
    assert steps(values, settings_of(delay)) == [f"raised@{4 * period + period + delay:g}"]


@pytest.mark.parametrize("delay", [10, 60, 120])
def test_one_sample_a_minute_is_enough(delay: float) -> None:
    raised = every(60, [LOW, LOW, HIGH, HIGH, HIGH, HIGH])
    assert steps(raised, settings_of(delay)) == [f"raised@{120 + max(60, delay):g}"]
    assert steps(every(60, [HIGH] * 6), settings_of(delay)) in ([f"raised@{delay:g}"], ["raised@120"])


@pytest.mark.parametrize("cameras", [2, 3, 5])
def test_samples_of_several_cameras_at_nearly_the_same_time_raise(cameras: int) -> None:
    high = [(second + 0.02 * camera, HIGH) for second in range(40) for camera in range(cameras)]
    (raised,) = steps(high, settings_of())
    assert 10 <= float(raised.removeprefix("raised@")) <= 20
    one = [(second, LOW if time != 20 else HIGH) for time, (second, _) in enumerate(high)]
    assert steps(one, settings_of()) == []


def test_dip_every_nine_seconds_does_not_keep_a_value_from_raising() -> None:
    values = [LOW if second % 9 == 8 else HIGH for second in range(60)]
    (raised,) = [one for one in steps(every(1, values), settings_of()) if one.startswith("raised")][:1]
    assert float(raised.partition("@")[2]) <= 20


def test_flicker_that_is_high_half_of_the_time_raises_nothing() -> None:
    assert steps(every(1, [HIGH, LOW] * 300), settings_of()) == []
    assert steps(every(1, [HIGH, HIGH, LOW, LOW] * 300), settings_of()) == []


def test_single_high_value_a_minute_raises_nothing() -> None:
    assert steps(every(60, [HIGH if n % 4 == 0 else LOW for n in range(200)]), settings_of()) == []
    assert steps(every(1, [HIGH if n % 30 == 0 else LOW for n in range(2000)]), settings_of(1)) == []


def test_missing_samples_delay_an_alarm_but_do_not_prevent_it() -> None:
    samples = [one for one in every(1, [LOW] * 20 + [HIGH] * 60) if one[0] < 20 or one[0] % 5 not in (1, 2)]
    (raised,) = steps(samples, settings_of())
    assert 30 <= float(raised.partition("@")[2]) <= 36


def test_silence_in_the_state_is_no_time_in_it() -> None:
    before = [*every(1, [LOW] * 30), *every(1, [HIGH] * 5, 30)]
    assert steps([*before, (64, HIGH)], settings_of()) == []
    assert steps([*before, *every(1, [HIGH] * 11, 64)], settings_of()) == ["raised@74"]


def test_alert_clears_by_time_below_and_a_single_peak_does_not_keep_it_open() -> None:
    opened = every(1, [HIGH] * 12)
    assert steps([*opened, *every(1, [LOW] * 30, 12)], settings_of()) == ["raised@10", "resolved@32"]
    peaks = every(1, [HIGH if n % 15 == 14 else LOW for n in range(60)], 12)
    raised, resolved = steps([*opened, *peaks], settings_of(off_delay=20))[:2]
    assert (raised, float(resolved.partition("@")[2]) < 50) == ("raised@10", True)


def test_silence_does_not_clear_an_alert() -> None:
    opened = every(1, [HIGH] * 12)
    assert steps([*opened, (12, LOW), (3612, LOW)], settings_of()) == ["raised@10"]
    assert steps([*opened, (12, LOW), (72, LOW)], settings_of(off_delay=60)) == ["raised@10"]


def test_value_between_the_thresholds_neither_raises_nor_clears() -> None:
    assert steps(every(1, [HIGH] * 12 + [BETWEEN] * 600), settings_of()) == ["raised@10"]
    assert steps(every(1, [BETWEEN] * 600), settings_of()) == []


def test_row_of_an_earlier_version_is_read_and_begins_anew() -> None:
    row = (
        b'{"version":1,"recent":["x"],"last_time":"2026-07-04T12:00:00Z","above_since":"2026-07-04T11:00:00Z",'
        b'"closed_at":"2026-07-04T10:00:00Z"}'
    )
    alarm = msgspec.json.decode(row, type=AlarmState)
    assert steps(every(1, [HIGH] * 12, 1), settings_of(), alarm) == ["raised@11"]


times = st.lists(st.one_of(st.floats(0.1, 5), st.sampled_from([1.0, 60.0, 400.0])), min_size=1, max_size=60)
values = st.sampled_from([LOW, BETWEEN, HIGH])
delays = st.sampled_from([1.0, 10.0, 60.0, 300.0])


@settings(deadline=None)  # machines differ
@given(times, st.data(), delays)
def test_alarm_is_raised_only_with_the_delay_spent_above(waits: list[float], data: st.DataObject, delay: float) -> None:
    seconds = [sum(waits[:number]) for number in range(len(waits) + 1)]
    samples = [(second, data.draw(values)) for second in seconds]
    for raised in steps(samples, settings_of(delay))[:1]:
        end = float(raised.partition("@")[2])
        known = [pair for pair in pairwise(samples) if pair[1][0] <= end + 1e-3]
        above = sum((b - a) * ((x >= 3.5) + (y >= 3.5)) / 2 for (a, x), (b, y) in known)
        assert above >= delay * SHARE
        assert sum(value >= 3.5 for _, value in samples if value) >= 2


@settings(deadline=None)  # machines differ
@given(st.floats(0.1, 120), delays, st.integers(0, 20), st.integers(0, 3))
def test_constant_value_always_raises(period: float, delay: float, low: int, seed: int) -> None:
    number = low + 4 + int(delay / period)
    jitter = [0.1 * period * ((17 * seed * n) % 7) / 7 for n in range(number + 1)]
    samples = [(period * n + jitter[n], HIGH if n >= low else LOW) for n in range(number + 1)]
    assert [one.partition("@")[0] for one in steps(samples, settings_of(delay))] == ["raised"]


@settings(deadline=None)  # machines differ
@given(times, st.data(), delays)
def test_higher_values_never_raise_later(waits: list[float], data: st.DataObject, delay: float) -> None:
    seconds = [sum(waits[:number]) for number in range(len(waits) + 1)]
    lower = [(second, data.draw(values)) for second in seconds]
    higher = [(second, max(value, data.draw(values))) for second, value in lower]

    def first(samples: list[tuple[float, float]]) -> float:
        raised = steps(samples, settings_of(delay))[:1]
        return float(raised[0].partition("@")[2]) if raised else float("inf")

    assert first(higher) <= first(lower)


@settings(deadline=None)  # machines differ
@given(st.floats(0.1, 400), delays, st.integers(0, 30))
def test_single_sample_never_raises(period: float, delay: float, place: int) -> None:
    assert steps(every(period, [HIGH if n == place else LOW for n in range(31)]), settings_of(delay)) == []


@settings(deadline=None)  # machines differ
@given(times, st.data())
def test_repeated_and_late_samples_change_nothing(waits: list[float], data: st.DataObject) -> None:
    rule, plain, disturbed, earlier = settings_of(), AlarmState(), AlarmState(), list[Observation]()
    second = 0.0
    for wait in waits:
        second += wait
        one = observation(second, data.draw(values))
        plain, step = apply_observation(plain, one, rule)
        disturbed, same = apply_observation(disturbed, one, rule)
        assert step == same
        earlier = [*earlier[-10:], one]
        disturbed, again = apply_observation(disturbed, data.draw(st.sampled_from(earlier)), rule)
        assert again is None
    assert plain == disturbed
    assert len(msgspec.json.encode(plain)) < 6_000
