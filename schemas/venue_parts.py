"""Base class and value types of the venue file's sections."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.polygons import line_with_length, simple_polygon

NAME = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$", description="lower case, digits, - and _")
"""Pattern of an id in the venue file; `Annotated[BarId, NAME]` is one of a bar."""

Name = Annotated[str, NAME]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", description="ISO 639 code of a language that has messages")]
Share = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Share, Share]
Polygon = Annotated[
    list[Point],
    Field(
        min_length=3,
        description="corners in order around the area, as shares of width and height, 0 to 1; edges must not cross",
    ),
    AfterValidator(simple_polygon),
]
Line = Annotated[
    list[Point],
    Field(min_length=2, max_length=2, description="the two ends, as shares of width and height, 0 to 1"),
    AfterValidator(line_with_length),
]


class Part(BaseModel):
    """Base class of the sections; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)
