"""Checks of polygons and lines in the venue file: whatever is measured in them needs an area or a length."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

Corner = tuple[float, float]

MIN_FLATNESS = 1e-4
"""Smallest area of a polygon as a share of the square over its longest side: below it the corners lie on a line.

A strip of a thousand pixels by one has ten times as much.
"""

MIN_LENGTH = 1e-6
"""Distance in shares of a picture, or in metres, below which two points are the same."""


def simple_polygon(corners: list[Corner]) -> list[Corner]:
    """Check that the corners enclose an area, once, without crossing edges; the first may be repeated at the end.

    Raises:
        ValueError: they don't; the message says where, and what to do.

    >>> simple_polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    Traceback (most recent call last):
    ValueError: the edges (0, 0)-(1, 1) and (1, 0)-(0, 1) cross; give the corners in order around the area
    """
    ring = _distinct(corners)
    if len(set(ring)) < 3:
        raise ValueError(f"has {_count(len(set(ring)), 'different corner')}; an area needs at least three")
    if _flatness(ring) < MIN_FLATNESS and _all_on_a_line(ring):
        raise ValueError("its corners lie on one line, so it has no area; give the corners around the area")
    if repeated := next((corner for corner in ring if ring.count(corner) > 1), None):
        raise ValueError(
            f"passes the corner {_text(repeated)} more than once; go around the area once, and give each corner once"
        )
    edges = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    for (i, first), (j, second) in combinations(enumerate(edges), 2):
        if j - i in (1, len(edges) - 1):
            if _folds_back(first, second):
                raise ValueError(
                    f"the edges {_edge(first)} and {_edge(second)} lie on each other; give the corners in order around "
                    "the area"
                )
        elif edges_touch(first, second):
            raise ValueError(
                f"the edges {_edge(first)} and {_edge(second)} cross; give the corners in order around the area"
            )
    if _flatness(ring) < MIN_FLATNESS:
        raise ValueError("is so thin that it has nearly no area; give the corners around the area")
    return corners


def line_with_length(ends: list[Corner]) -> list[Corner]:
    """Check that the two ends of a line differ.

    Raises:
        ValueError: they are the same point.
    """
    if len(ends) == 2 and _distance(*ends) < MIN_LENGTH:
        raise ValueError(f"both ends are {_text(ends[0])}, so it has no length; give two different points")
    return ends


def _distinct(corners: Sequence[Corner]) -> list[Corner]:
    """Return the corners without those that repeat the one before, and without a last one that repeats the first."""
    ring: list[Corner] = []
    for corner in corners:
        if not ring or _distance(ring[-1], corner) >= MIN_LENGTH:
            ring.append(corner)
    while len(ring) > 1 and _distance(ring[-1], ring[0]) < MIN_LENGTH:
        ring.pop()
    return ring


def _flatness(ring: Sequence[Corner]) -> float:
    """Return the area (shoelace formula) as a share of the square over the longest side of the bounds."""
    twice = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True))
    return abs(twice) / 2 / _size(ring) ** 2


def _all_on_a_line(ring: Sequence[Corner]) -> bool:
    """Return True if every corner lies within `MIN_FLATNESS` of the line through the two that are farthest apart."""
    a, b = max(combinations(ring, 2), key=lambda pair: _distance(*pair))
    return all(abs(_cross(a, b, corner)) < MIN_FLATNESS * _size(ring) ** 2 for corner in ring)


def _size(ring: Sequence[Corner]) -> float:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return max(max(xs) - min(xs), max(ys) - min(ys))


def _distance(a: Corner, b: Corner) -> float:
    return max(abs(a[0] - b[0]), abs(a[1] - b[1]))


def _cross(a: Corner, b: Corner, c: Corner) -> float:
    """Return twice the signed area of the triangle; 0 if c lies on the line through a and b."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _side(a: Corner, b: Corner, c: Corner) -> int:
    cross = _cross(a, b, c)
    tolerance = 1e-12 * max(1.0, _distance(a, b) * _distance(a, c))
    return 0 if abs(cross) <= tolerance else 1 if cross > 0 else -1


def edges_touch(first: tuple[Corner, Corner], second: tuple[Corner, Corner]) -> bool:
    """Return True if two edges have a point in common."""
    (a, b), (c, d) = first, second
    sides = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    on = zip(sides, ((a, b, c), (a, b, d), (c, d, a), (c, d, b)), strict=True)
    return any(side == 0 and _within(*points) for side, points in on)


def _within(a: Corner, b: Corner, c: Corner) -> bool:
    return all(min(a[k], b[k]) <= c[k] <= max(a[k], b[k]) for k in (0, 1))


def _folds_back(first: tuple[Corner, Corner], second: tuple[Corner, Corner]) -> bool:
    """Return True if an edge runs back over the one that it shares a corner with."""
    shared = next(corner for corner in first if corner in second)
    a = first[0] if first[1] == shared else first[1]
    b = second[0] if second[1] == shared else second[1]
    along = (a[0] - shared[0]) * (b[0] - shared[0]) + (a[1] - shared[1]) * (b[1] - shared[1])
    return along > 0 and _side(shared, a, b) == 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _text(corner: Corner) -> str:
    return f"({corner[0]:g}, {corner[1]:g})"


def _edge(edge: tuple[Corner, Corner]) -> str:
    return f"{_text(edge[0])}-{_text(edge[1])}"
