"""Mixture of forecasts: weights follow the errors, new forecasts join, and state is restored exactly."""

from __future__ import annotations

import msgspec
import pytest

from processors.bars.expert_mixture import BASE, BASE_WEIGHT, ExpertMixture


def test_mixture_begins_at_prior_and_follows_the_nearest_forecast() -> None:
    mixture = ExpertMixture()
    forecasts = {BASE: 10.0, "week": 20.0, "day": 5.0}
    assert mixture.mean(forecasts) == pytest.approx(10 * BASE_WEIGHT + 25 * (1 - BASE_WEIGHT) / 2)
    for _ in range(200):
        mixture.learn(forecasts, 20.0, 20.0)
    assert mixture.mean(forecasts) > 18


def test_mixture_returns_when_another_forecast_becomes_better() -> None:
    mixture = ExpertMixture()
    for value in [20.0] * 500 + [10.0] * 100:
        mixture.learn({BASE: 10.0, "week": 20.0}, value, 20.0)
    assert mixture.mean({BASE: 10.0, "week": 20.0}) < 12


def test_one_outlier_moves_weights_little() -> None:
    mixture = ExpertMixture()
    for _ in range(200):
        mixture.learn({BASE: 10.0, "week": 14.0}, 10.0, 10.0)
    before = mixture.mean({BASE: 10.0, "week": 14.0})
    mixture.learn({BASE: 10.0, "week": 14.0}, 1e9, 10.0)
    assert mixture.mean({BASE: 10.0, "week": 14.0}) < before + 1


def test_new_forecast_joins_and_absent_one_keeps_its_weight() -> None:
    mixture = ExpertMixture()
    mixture.learn({BASE: 10.0, "week": 20.0}, 20.0, 20.0)
    week = mixture.weights["week"]
    mixture.learn({BASE: 10.0, "programme": 12.0}, 12.0, 12.0)
    assert mixture.weights["week"] == week
    assert 0 < mixture.weights["programme"] < 1
    assert mixture.mean({BASE: 7.0}) == pytest.approx(7.0, rel=0.05)


def test_half_of_a_steady_bias_is_corrected() -> None:
    mixture = ExpertMixture()
    for _ in range(2_000):
        mixture.learn({BASE: 10.0}, 11.0, 1.0)
    assert mixture.mean({BASE: 10.0}) == pytest.approx(10 * 1.1**0.5, rel=0.01)


def test_restored_mixture_gives_the_same_mean() -> None:
    mixture, forecasts = ExpertMixture(), {BASE: 10.0, "week": 20.0}
    mixture.learn(forecasts, 17.0, 12.0)
    restored = msgspec.json.decode(msgspec.json.encode(mixture), type=ExpertMixture)
    assert restored.mean(forecasts) == mixture.mean(forecasts)
