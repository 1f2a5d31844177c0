"""Base class and value types of the venue file's sections."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from schemas.polygons import line_with_length, simple_polygon

NAME = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$", description="lower case, digits, - and _")
"""Pattern of an id in the venue file; `Annotated[BarId, NAME]` is one of a bar."""

CLOCK_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d$"
"""Pattern of a time of day, HH:MM."""

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

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_truth_value(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse yes and no where a number belongs: they would be taken for 1 and 0."""
        if info.field_name is not None and _holds_truth_value(value):
            kinds = _scalars(cls.model_fields[info.field_name].annotation)
            if kinds & {int, float} and not kinds & {bool, str}:
                raise ValueError("write numbers, without yes, no, on and off")
        return value


def _holds_truth_value(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, list) and any(map(_holds_truth_value, value)))


def _scalars(annotation: Any) -> set[Any]:
    """Return the types within an annotation."""
    parts = get_args(annotation)
    return {annotation} if not parts else set().union(*map(_scalars, parts))
