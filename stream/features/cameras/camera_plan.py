"""Division of a worker's capacity among cameras by their priority."""

from __future__ import annotations

from collections.abc import Sequence

BASE_INTERVAL_SECONDS = 1.75
"""Seconds between two frames of a camera without a turn: with jitter and the wait, every camera is seen every 2 s."""

RESERVED_SHARE = 0.25
"""Share of the capacity that the lower priorities keep, however much the higher ones need: nobody starves."""

TURN_SHARE = 0.25
"""Share of the capacity that goes to turns where a frame of each camera in the base interval needs far more of it."""

TURN_SHARE_FROM = 4 / 3
"""Need for the base intervals, in capacities, from which turns get all of their share; none where they just fit."""


def share_by_priority(capacity: float, needs: Sequence[float]) -> list[float]:
    """Return the capacity of each priority; the first has the highest.

    Each gets what it needs, but leaves `RESERVED_SHARE` of what there is to those below it, as far as they need it.

    >>> share_by_priority(40, [8, 100, 10])
    [8, 24.0, 8.0]
    """
    shares = []
    for index, need in enumerate(needs):
        reserved = min(sum(needs[index + 1 :]), RESERVED_SHARE * capacity)
        shares.append(min(need, capacity - reserved))
        capacity -= shares[-1]
    return shares


def base_intervals(capacity: float, cameras: Sequence[int]) -> list[float]:
    """Return the seconds between two frames of a camera without a turn, for each priority.

    Args:
        capacity: frames that the worker can analyze per second.
        cameras: number of cameras of each priority, the highest first.

    >>> base_intervals(60, [4, 28, 0])
    [1.75, 1.75, 1.75]
    >>> base_intervals(20, [4, 90, 6])
    [1.75, 9.438202247191011, 1.8876404494382022]
    """
    needs = [number / BASE_INTERVAL_SECONDS for number in cameras]
    excess = max(0.0, sum(needs) / capacity - 1)
    capacity *= 1 - TURN_SHARE * min(1.0, excess / (TURN_SHARE_FROM - 1))
    shares = share_by_priority(capacity, needs)
    return [
        max(BASE_INTERVAL_SECONDS, number / share) if share > 0 else BASE_INTERVAL_SECONDS
        for number, share in zip(cameras, shares, strict=True)
    ]
