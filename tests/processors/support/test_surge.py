"""A surge is reported for a growing cluster, and not when the desk opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from processors.support.surge import ArrivalRate, surge_ratio

START = datetime(2026, 7, 4, 12, tzinfo=UTC)


def rates_after(hours: float, interval: float) -> tuple[ArrivalRate, ArrivalRate]:
    """Return the rates of one cluster and of all mails: one mail in `interval` minutes, and ten times that in all."""
    rate, total_rate = ArrivalRate(START), ArrivalRate(START)
    for tick in range(int(hours * 60 * 10 / interval)):
        at = START + timedelta(minutes=tick * interval / 10)
        total_rate.count(at)
        if tick % 10 == 0:
            rate.count(at)
    return rate, total_rate


def test_steady_rate_is_not_a_surge() -> None:
    for interval in (2.0, 10.0, 60.0):
        rate, total_rate = rates_after(6, interval)
        assert surge_ratio(rate, total_rate, START) < 2


def test_five_times_the_rate_is_a_surge() -> None:
    rate, total_rate = rates_after(6, 5.0)
    for minute in range(15):
        at = START + timedelta(hours=6, minutes=minute)
        rate.count(at)
        total_rate.count(at)
    assert surge_ratio(rate, total_rate, START) > 3


def test_new_cluster_surges_later_but_not_at_opening() -> None:
    _, total_rate = rates_after(4, 6.0)
    new_rate = ArrivalRate(START + timedelta(hours=4))
    for second in range(0, 600, 30):
        at = START + timedelta(hours=4, seconds=second)
        new_rate.count(at)
        total_rate.count(at)
    assert surge_ratio(new_rate, total_rate, START) > 4

    first_rate, opening_rate = ArrivalRate(START), ArrivalRate(START)
    for second in range(0, 600, 15):
        opening_rate.count(START + timedelta(seconds=second))
        if second % 60 == 0:
            first_rate.count(START + timedelta(seconds=second))
    assert surge_ratio(first_rate, opening_rate, START) < 2


def test_two_mails_are_not_a_surge() -> None:
    rate, total_rate = ArrivalRate(START + timedelta(hours=9)), rates_after(9, 30.0)[1]
    for minute in range(2):
        rate.count(START + timedelta(hours=9, minutes=minute))
    assert surge_ratio(rate, total_rate, START) < 2


def test_merged_rates_equal_the_common_rate() -> None:
    rate, other_rate, common_rate = ArrivalRate(START), ArrivalRate(START), ArrivalRate(START)
    for minute in range(0, 60, 3):
        at = START + timedelta(minutes=minute)
        (rate if minute % 2 else other_rate).count(at)
        common_rate.count(at)
    other_rate.merge(rate)
    assert abs(other_rate.recent - common_rate.recent) < 1e-6
    assert abs(other_rate.baseline - common_rate.baseline) < 1e-6
