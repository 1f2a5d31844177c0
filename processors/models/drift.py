"""Drift of a model's input and output, by the population stability index (PSI) against the training data."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

REFERENCE_FILE = "reference.json"
"""File of reference histograms beside a model."""

CONFIDENCE = "confidence"
"""Name of the statistic that every classifier has."""

BINS = 5
"""Bins of a histogram; few, since the PSI of N values in k bins is about (k − 1) / N by chance alone."""

WINDOW_VALUES = 1_000
"""Effective number of recent values; older ones have exponentially smaller weights."""

MIN_VALUES = 200
"""Values before which no PSI is reported."""

SMALL_PSI, LARGE_PSI = 0.1, 0.25
"""PSI below which a change is insignificant, and above which it is large (Siddiqi, Credit Risk Scorecards, 2006)."""


class Histogram(Struct, frozen=True):
    """Shares of the values below, between and above the edges; one share more than edges."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]


class DriftMonitor:
    """Compares recent statistics of a model's input and output with reference histograms.

    >>> drift = DriftMonitor({"tempo": equal_frequency_bins([60, 80, 100, 120, 140] * 20)})
    >>> for _ in range(300):
    ...     drift.add({"tempo": 180.0})
    >>> drift.psi()["tempo"] > LARGE_PSI
    True
    """

    def __init__(self, reference: Mapping[str, Histogram]) -> None:
        """Create it with reference histograms by statistic."""
        self._reference = dict(reference)
        self._counts = {name: [0.0] * len(bins.shares) for name, bins in reference.items()}
        self._values = 0
        self._confidence = 0.0
        self._weight = 0.0

    def add(self, values: Mapping[str, float]) -> None:
        """Add the statistics of one input; those without a reference are ignored."""
        fade = 1 - 1 / WINDOW_VALUES
        self._values += 1
        for name, bins in self._reference.items():
            value = values.get(name)
            if value is None or not math.isfinite(value):
                continue
            counts = [count * fade for count in self._counts[name]]
            counts[bisect_right(bins.edges, value)] += 1
            self._counts[name] = counts
        if (confidence := values.get(CONFIDENCE)) is not None:
            self._confidence = self._confidence * fade + confidence
            self._weight = self._weight * fade + 1

    @property
    def confidence(self) -> float | None:
        """Exponential mean of the confidence; None before the first value."""
        return self._confidence / self._weight if self._weight else None

    def psi(self) -> dict[str, float]:
        """Return the PSI by statistic, Σ (now − then) ln(now / then); empty below 200 values."""
        if self._values < MIN_VALUES:
            return {}
        return {name: _psi(self._counts[name], bins.shares) for name, bins in self._reference.items()}


def equal_frequency_bins(values: Sequence[float], bins: int = BINS) -> Histogram:
    """Return a histogram whose bins hold about equal numbers of the values.

    >>> equal_frequency_bins([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 2)
    Histogram(edges=(5.5,), shares=(0.5, 0.5))
    """
    ordered = sorted(values)
    edges: list[float] = []
    for number in range(1, bins):
        at = number * len(ordered) / bins
        left, right = ordered[max(0, math.ceil(at) - 1)], ordered[min(len(ordered) - 1, math.floor(at))]
        edge = (left + right) / 2
        if not edges or edge > edges[-1]:
            edges.append(edge)
    counts = [0] * (len(edges) + 1)
    for value in ordered:
        counts[bisect_right(edges, value)] += 1
    return Histogram(tuple(edges), tuple(count / len(ordered) for count in counts))


def read_reference(folder: Path) -> dict[str, Histogram]:
    """Read the reference histograms beside a model; empty where it has no such file.

    Raises:
        ValueError: the file can't be used.
    """
    try:
        text = (folder / REFERENCE_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        return {
            name: Histogram(tuple(map(float, one["edges"])), tuple(map(float, one["shares"])))
            for name, one in json.loads(text).items()
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"{folder / REFERENCE_FILE}: {error!r}; run the training script again, or remove the file"
        ) from error


def _psi(counts: Sequence[float], shares: Sequence[float]) -> float:
    """Return the PSI; half a value is added to each bin, so that an empty one does not make it infinite."""
    total = sum(counts) + 0.5 * len(counts)
    now = [(count + 0.5) / total for count in counts]
    then = [max(share, 1e-3) for share in shares]
    return sum((n - t) * math.log(n / t) for n, t in zip(now, then, strict=True))
