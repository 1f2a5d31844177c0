"""A surge is reported for a growing cluster, and not when the desk opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from processors.support.surge import ArrivalRate, surge_ratio

START = datetime(2026, 7, 4, 12, tzinfo=UTC)


def after(hours: float, every: float) -> tuple[ArrivalRate, ArrivalRate]:
    """A matter and everything, at one mail in `every` minutes for the matter and ten times that in all."""
    one, everything = ArrivalRate(START), ArrivalRate(START)
    for tick in range(int(hours * 60 * 10 / every)):
        at = START + timedelta(minutes=tick * every / 10)
        everything.count(at)
        if tick % 10 == 0:
            one.count(at)
    return one, everything


def test_steady_rate_is_not_a_surge() -> None:
    for every in (2.0, 10.0, 60.0):
        one, everything = after(6, every)
        assert surge_ratio(one, everything, START) < 2


def test_five_times_the_rate_is_a_surge() -> None:
    one, everything = after(6, 5.0)
    for minute in range(15):
        at = START + timedelta(hours=6, minutes=minute)
        one.count(at)
        everything.count(at)
    assert surge_ratio(one, everything, START) > 3


def test_new_cluster_surges_later_but_not_at_opening() -> None:
    _, everything = after(4, 6.0)
    new = ArrivalRate(START + timedelta(hours=4))
    for second in range(0, 600, 30):
        at = START + timedelta(hours=4, seconds=second)
        new.count(at)
        everything.count(at)
    assert surge_ratio(new, everything, START) > 4

    first, opening = ArrivalRate(START), ArrivalRate(START)
    for second in range(0, 600, 15):
        opening.count(START + timedelta(seconds=second))
        if second % 60 == 0:
            first.count(START + timedelta(seconds=second))
    assert surge_ratio(first, opening, START) < 2


def test_two_mails_are_not_a_surge() -> None:
    one, everything = ArrivalRate(START + timedelta(hours=9)), after(9, 30.0)[1]
    for minute in range(2):
        one.count(START + timedelta(hours=9, minutes=minute))
    assert surge_ratio(one, everything, START) < 2


def test_merged_rates_equal_the_common_rate() -> None:
    one, two, both = ArrivalRate(START), ArrivalRate(START), ArrivalRate(START)
    for minute in range(0, 60, 3):
        at = START + timedelta(minutes=minute)
        (one if minute % 2 else two).count(at)
        both.count(at)
    two.merge(one)
    assert abs(two.recent - both.recent) < 1e-6
    assert abs(two.baseline - both.baseline) < 1e-6
