"""Gauges of what is seen go away when it is not seen any more."""

from __future__ import annotations

from stream.runtime.metrics import OwnedGauge


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(gauge: OwnedGauge) -> dict[str, float]:
    return {sample.labels["camera"]: sample.value for family in gauge.collect() for sample in family.samples}


def test_series_that_is_not_set_again_goes_and_comes_back() -> None:
    clock = Clock()
    gauge = OwnedGauge("persons", "Persons", ["camera"], expires_seconds=30, registry=None, clock=clock)
    for _ in range(20):
        clock.now += 1
        gauge.labels("gate").set(5)
        gauge.labels("front").set(7)
    for _ in range(31):
        clock.now += 1
        gauge.labels("front").set(7)
    assert shown(gauge) == {"front": 7}
    gauge.labels("gate").set(0)
    assert shown(gauge) == {"front": 7, "gate": 0}


def test_series_that_is_set_once_a_minute_stays() -> None:
    clock = Clock()
    gauge = OwnedGauge("persons", "Persons", ["camera"], expires_seconds=30, registry=None, clock=clock)
    for _ in range(3):
        clock.now += 60
        gauge.labels("car-park").set(5)
    clock.now += 100
    assert shown(gauge) == {"car-park": 5}
    clock.now += 90
    assert shown(gauge) == {}


def test_gauge_without_expiry_keeps_its_series() -> None:
    clock = Clock()
    gauge = OwnedGauge("total", "Persons", ["camera"], registry=None, clock=clock)
    gauge.labels("gate").set(5)
    clock.now += 1e6
    assert shown(gauge) == {"gate": 5}
