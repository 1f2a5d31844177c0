"""Plan of the venue in the venue file: positions in metres, seen from above, for the control room."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.ids import BarId, CameraId, GateId, StageId, ZoneId
from schemas.polygons import line_with_length, simple_polygon
from schemas.venue_parts import NAME, Part

Metre = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
PlanPoint = Annotated[tuple[Metre, Metre], Field(description="metres to the right and up on the plan, from any origin")]
PlanPolygon = Annotated[
    list[PlanPoint],
    Field(min_length=3, description="corners in order around the area; edges must not cross"),
    AfterValidator(simple_polygon),
]


class PlanCamera(Part):
    """Position and direction of a camera."""

    at: PlanPoint
    towards: PlanPoint

    @model_validator(mode="after")
    def _has_a_direction(self) -> Self:
        if self.at == self.towards:
            raise ValueError("towards is the position of the camera itself; give a point in its view")
        return self


class PlanGate(Part):
    """Position of a gate."""

    line: Annotated[
        list[PlanPoint],
        Field(min_length=2, max_length=2, description="its two ends"),
        AfterValidator(line_with_length),
    ]
    inwards: PlanPoint = Field(description="a point on the inner side")

    @model_validator(mode="after")
    def _has_a_side(self) -> Self:
        (x0, y0), (x1, y1) = self.line
        across = (x1 - x0) * (self.inwards[1] - y0) - (y1 - y0) * (self.inwards[0] - x0)
        if abs(across) < 1e-6:
            raise ValueError("inwards lies on the line; give a point on the inner side")
        return self


class VenuePlan(Part):
    """Plan of the venue. What is left out is not drawn; the rest of the console works without a plan."""

    outline: PlanPolygon | None = Field(default=None, description="the fence")
    zones: dict[Annotated[ZoneId, NAME], PlanPolygon] = Field(
        default_factory=dict, description="outline of each zone, by its id"
    )
    cameras: dict[Annotated[CameraId, NAME], PlanCamera] = Field(
        default_factory=dict, description="place and direction of each camera, by its id"
    )
    gates: dict[Annotated[GateId, NAME], PlanGate] = Field(
        default_factory=dict, description="line of each gate, by its id"
    )
    exits: dict[str, PlanPoint] = Field(
        default_factory=dict, description="positions by the names of exits in the zones"
    )
    bars: dict[Annotated[BarId, NAME], PlanPoint] = Field(
        default_factory=dict, description="place of each bar, by its id"
    )
    stages: dict[Annotated[StageId, NAME], PlanPoint] = Field(
        default_factory=dict, description="place of each stage, by its id"
    )

    def mistakes(self, known: dict[str, Iterable[str]]) -> list[str]:
        """Return a sentence for each entry that the venue file does not define.

        Args:
            known: names in the venue file by part of the plan.

        >>> VenuePlan(bars={"north": (0, 0)}).mistakes({"bars": ["south"]})
        ["plan: bars: 'north' is not among south"]
        """
        return [
            f"plan: {kind}: {name!r} is not among {', '.join(sorted(names)) or 'none'}"
            for kind, names in known.items()
            for name in getattr(self, kind)
            if name not in set(names)
        ]


def area(polygon: Iterable[tuple[float, float]]) -> float:
    """Return the area of a polygon in square metres (shoelace formula).

    >>> area([(0, 0), (4, 0), (4, 3), (0, 3)])
    12.0
    """
    corners = list(polygon)
    following = [*corners[1:], *corners[:1]]
    return math.fabs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(corners, following, strict=True))) / 2
