"""Comparison of two classifiers on items that neither was trained on, with bootstrap intervals over groups.

A group (an artist, an author, an hour of a stage) is in the training part or in the test part as a whole, and always in
the same one, so that what was kept apart once stays so in every later training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

TEST_SHARE = 0.3
"""Share of the groups that are kept apart."""

SAMPLES = 2_000
"""Bootstrap samples; the ends of a 95 % interval then vary by some hundredths of its width."""

INTERVAL = (2.5, 97.5)
"""Percentiles of the interval."""

Figures = dict[str, dict[str, float]]


def is_kept_apart(group: str, share: float = TEST_SHARE) -> bool:
    """Return True if a group is in the test part: by a hash of its name, so that the answer never changes.

    >>> sum(is_kept_apart(f"artist {number}") for number in range(1000))
    288
    """
    digest = hashlib.sha256(f"test part\0{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


class Judged(Struct, frozen=True):
    """Items with their true labels, their groups, and the labels that two models give them."""

    labels: Sequence[str]
    truth: Sequence[str]
    groups: Sequence[str]
    candidate: Sequence[str]
    current: Sequence[str]


def compare(judged: Judged, name: str, *, seed: int = 0) -> Figures:
    """Return the figures of both models and of their difference, as a card has them.

    Intervals are percentiles of a bootstrap over whole groups (Efron and Tibshirani, 1993), the same groups for both
    models, so that the interval of the change is that of a paired comparison.

    Args:
        judged: the items.
        name: of the data set; the figures have it as the first part of their names.
        seed: of the bootstrap.

    >>> judged = Judged(["happy", "sad"], ["sad"] * 4 + ["happy"] * 4, list("abcdefgh"), ["sad"] * 4 + ["happy"] * 4,
    ...                 ["sad"] * 6 + ["happy"] * 2)
    >>> figures = compare(judged, "test part")
    >>> figures["test part"]["accuracy"], figures["test part, model before"]["accuracy"]
    (1.0, 0.75)
    >>> figures["test part, change"]["accuracy_low"] >= 0, figures["test part, misses before"]
    (True, {'happy': 0.5, 'sad': 0.0})
    """
    codes = {group: number for number, group in enumerate(dict.fromkeys(judged.groups))}
    group = np.array([codes[one] for one in judged.groups])
    weights = np.random.default_rng(seed).multinomial(len(codes), np.full(len(codes), 1 / len(codes)), SAMPLES)
    new, now = (_tables(judged, answers, group, len(codes)) for answers in (judged.candidate, judged.current))
    sampled = [np.einsum("bg,gij->bij", weights, tables) for tables in (new, now)]
    total = [tables.sum(axis=0, keepdims=True) for tables in (new, now)]
    figures: Figures = {}
    for at, which in enumerate((name, f"{name}, model before")):
        figures[which] = _with_intervals(
            {measure: (MEASURES[measure](total[at]), MEASURES[measure](sampled[at])) for measure in MEASURES}
        )
    figures[f"{name}, change"] = _with_intervals(
        {key: (of(total[0]) - of(total[1]), of(sampled[0]) - of(sampled[1])) for key, of in MEASURES.items()}
    )
    figures[name] |= {"items": float(len(judged.truth)), "groups": float(len(codes))}
    for which, at in (("", 0), (" before", 1)):
        table = total[at][0]
        figures[f"{name}, misses{which}"] = _by_label(judged.labels, _misses(table))
        figures[f"{name}, false alarms{which}"] = _by_label(judged.labels, _false_alarms(table))
    return figures


def contradiction(candidate: Sequence[str], current: Sequence[str]) -> float:
    """Return the share of items to which two models give different labels.

    >>> contradiction(["sad", "happy"], ["sad", "sad"])
    0.5
    """
    return float(np.mean([new != now for new, now in zip(candidate, current, strict=True)]))


Tables = NDArray[np.float64]
"""(n, labels, labels) numbers of items by true and given label."""


def _tables(judged: Judged, answers: Sequence[str], group: NDArray[np.int64], groups: int) -> Tables:
    """Return one table for each group."""
    column = {label: number for number, label in enumerate(judged.labels)}
    tables = np.zeros((groups, len(column), len(column)))
    for where, label, answer in zip(group, judged.truth, answers, strict=True):
        tables[where, column[label], column[answer]] += 1
    return tables


def _accuracy(tables: Tables) -> NDArray[np.float64]:
    return np.asarray(np.trace(tables, axis1=1, axis2=2) / np.maximum(tables.sum(axis=(1, 2)), 1))


def _macro_f1(tables: Tables) -> NDArray[np.float64]:
    """Return the mean F1 over the labels that occur, as `pulso evaluate` does."""
    right = np.diagonal(tables, axis1=1, axis2=2)
    actual, given = tables.sum(axis=2), tables.sum(axis=1)
    f1 = 2 * right / np.maximum(actual + given, 1)
    return np.asarray((f1 * (actual > 0)).sum(axis=1) / np.maximum((actual > 0).sum(axis=1), 1))


MEASURES = {"accuracy": _accuracy, "macro_f1": _macro_f1}


def _with_intervals(values: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]) -> dict[str, float]:
    """Return each value with the ends of its interval."""
    figures: dict[str, float] = {}
    for name, (value, samples) in values.items():
        low, high = np.percentile(samples, INTERVAL)
        ends = {name: float(value[0]), f"{name}_low": float(low), f"{name}_high": float(high)}
        figures |= {key: round(end, 4) for key, end in ends.items()}
    return figures


def _misses(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each label the share of its items that were given another."""
    actual = table.sum(axis=1)
    return np.asarray((1 - np.diagonal(table) / np.maximum(actual, 1)) * (actual > 0))


def _false_alarms(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each label the share of all other items that were given it."""
    others = table.sum() - table.sum(axis=1)
    return np.asarray((table.sum(axis=0) - np.diagonal(table)) / np.maximum(others, 1))


def _by_label(labels: Sequence[str], values: NDArray[np.float64]) -> dict[str, float]:
    return {label: round(float(value), 4) for label, value in zip(labels, values, strict=True)}
