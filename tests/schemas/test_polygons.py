"""Polygons and lines of the venue file: those without an area or a length are refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from schemas.attendance import GateSettings
from schemas.cameras import CameraSettings
from schemas.crowd import ExitLine
from schemas.plan import VenuePlan
from schemas.polygons import Corner, simple_polygon
from schemas.queues import QueueSettings

SQUARE: list[Corner] = [(0, 0), (1, 0), (1, 1), (0, 1)]
L_SHAPE: list[Corner] = [(0, 0), (1, 0), (1, 0.5), (0.5, 0.5), (0.5, 1), (0, 1)]

BAD = {
    "bow tie": ([(0, 0), (1, 1), (1, 0), (0, 1)], "cross"),
    "star": ([(0.5, 0), (0.8, 1), (0, 0.4), (1, 0.4), (0.2, 1)], "cross"),
    "edge through a corner": ([(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)], "cross"),
    "collinear": ([(0, 0), (0.5, 0.5), (1, 1)], "on one line"),
    "nearly collinear": ([(0, 0), (1, 1e-9), (0.5, 1e-10)], "on one line"),
    "there and back": ([(0, 0), (1, 0), (0.5, 0)], "on one line"),
    "one point": ([(0.3, 0.3)] * 4, "1 different corner;"),
    "two points": ([(0, 0), (1, 1), (0, 0)], "2 different corners"),
    "wound twice": (SQUARE * 2, "more than once"),
    "wound twice inside": ([*SQUARE, (0.1, 0.05), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)], "cross"),
    "spike": ([(0, 0), (1, 0), (1, 1), (1, 0.5), (0, 1)], "lie on each other|cross"),
    "two areas at one corner": ([(0, 0), (1, 0), (0.5, 0.5), (1, 1), (0, 1), (0.5, 0.5)], "more than once"),
}


@pytest.mark.parametrize(("corners", "reason"), BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("turn", [0, 1], ids=["forward", "backward"])
def test_polygon_without_one_area_is_refused(corners: list[Corner], reason: str, turn: int) -> None:
    turned = corners[::-1] if turn else corners
    with pytest.raises(ValueError, match=reason):
        simple_polygon(turned)
    metres = [(1_000 + 40 * x, 40 * y - 2_000) for x, y in turned]
    with pytest.raises(ValueError):
        simple_polygon(metres)


@pytest.mark.parametrize(
    "corners",
    [
        SQUARE, L_SHAPE, [*SQUARE, SQUARE[0]], [SQUARE[0], *SQUARE], [(0, 0), (0.5, 0), (1, 0), (1, 1)],
        [(0, 0.5), (1, 0.5), (1, 0.501), (0, 0.501)],
    ],
    ids=["square", "L", "closed", "double click", "corner on a side", "strip"],
)  # fmt: skip
def test_polygon_with_an_area_is_accepted_unchanged(corners: list[Corner]) -> None:
    for one in (corners, corners[::-1], [(100 + 50 * x, 50 * y) for x, y in corners]):
        assert simple_polygon(one) == one


BOW_TIE = BAD["bow tie"][0]
USES: dict[str, Callable[[], object]] = {
    "view": lambda: CameraSettings(id="a", views=[{"zone": "z", "polygon": BOW_TIE}]),
    "mask": lambda: CameraSettings(id="a", masks=[BOW_TIE]),
    "queue": lambda: QueueSettings(id="a", camera="a", polygon=BOW_TIE),
    "outline of the plan": lambda: VenuePlan(outline=BOW_TIE),
    "zone of the plan": lambda: VenuePlan(zones={"z": BOW_TIE}),
    "exit": lambda: ExitLine(exit="North", line=[(0.2, 0.2), (0.2, 0.2)]),
    "gate": lambda: GateSettings(id="g", line=[(0.2, 0.2), (0.2, 0.2)], inwards=(0.5, 0.5)),
    "gate of the plan": lambda: VenuePlan(gates={"g": {"line": [(1, 1), (1, 1)], "inwards": (2, 2)}}),
    "side of a gate of the plan": lambda: VenuePlan(gates={"g": {"line": [(1, 1), (3, 3)], "inwards": (2, 2)}}),
    "area of nothing": lambda: CameraSettings(id="a", views=[{"zone": "z", "polygon": SQUARE, "area_m2": 1e-17}]),
    "endless metres": lambda: CameraSettings(
        id="a", ground=[{"picture": (x, y), "metres": (float("inf"), y)} for x, y in SQUARE]
    ),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_every_polygon_and_line_of_the_venue_file_is_checked(use: Callable[[], object]) -> None:
    with pytest.raises(ValidationError):
        use()
