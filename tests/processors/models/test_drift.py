"""Population stability index: small for the same distribution, large for another, and an example by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from processors.models.drift import (
    CONFIDENCE,
    LARGE_PSI,
    MIN_VALUES,
    SMALL_PSI,
    DriftMonitor,
    Histogram,
    equal_frequency_bins,
    read_reference,
)
from processors.models.inference import models_folder


def psi_after(drift: DriftMonitor, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    for value in values:
        drift.add({"tempo": float(value)})
    return drift.psi()["tempo"]


def test_psi_is_small_for_same_large_for_other_distribution() -> None:
    random = np.random.default_rng(0)
    reference = {"tempo": equal_frequency_bins(random.normal(120, 20, 600).tolist())}
    assert psi_after(DriftMonitor(reference), random.normal(120, 20, 600)) < SMALL_PSI
    assert psi_after(DriftMonitor(reference), random.normal(150, 20, 600)) > LARGE_PSI
    monitor = DriftMonitor(reference)
    psi_after(monitor, random.normal(150, 20, 600))
    assert psi_after(monitor, random.normal(120, 20, 6_000)) < SMALL_PSI  # old values fade


def test_psi_of_small_example() -> None:
    drift = DriftMonitor({"x": Histogram((0.5,), (0.5, 0.5))})
    for _ in range(MIN_VALUES):
        drift.add({"x": 1.0})
    faded = (1 - (1 - 1 / 1_000) ** MIN_VALUES) * 1_000
    low, high = 0.5 / (faded + 1), (faded + 0.5) / (faded + 1)
    assert drift.psi()["x"] == pytest.approx((low - 0.5) * math.log(low / 0.5) + (high - 0.5) * math.log(high / 0.5))


def test_psi_needs_200_values_and_ignores_nan() -> None:
    drift = DriftMonitor({"tempo": equal_frequency_bins([1.0, 2.0, 3.0])})
    drift.add({"tempo": 2.0, CONFIDENCE: 0.5})
    drift.add({"tempo": math.nan, "other": 1.0, CONFIDENCE: 0.7})
    assert drift.psi() == {}
    assert drift.confidence == pytest.approx(0.6, abs=1e-3)


def test_equal_values_give_fewer_bins() -> None:
    assert equal_frequency_bins([5.0] * 10) == Histogram((5.0,), (0.0, 1.0))


@pytest.mark.parametrize("name", ["mood", "genre"])
def test_shipped_references_are_valid(name: str) -> None:
    from processors.music.tagger import STATISTICS

    reference = read_reference(models_folder() / name)
    assert set(reference) == {*STATISTICS, CONFIDENCE}
    for bins in reference.values():
        assert len(bins.shares) == len(bins.edges) + 1
        assert sum(bins.shares) == pytest.approx(1, abs=1e-3)
        assert list(bins.edges) == sorted(bins.edges)


def test_missing_reference_is_empty_and_invalid_one_fails(tmp_path: Path) -> None:
    assert read_reference(tmp_path) == {}
    (tmp_path / "reference.json").write_text(json.dumps({"tempo": [1, 2]}))
    with pytest.raises(ValueError, match="run the training script again"):
        read_reference(tmp_path)
