"""Import of a map from GeoJSON (RFC 7946): points are places, lines are paths.

A point has the properties of a place (`id`, `kind`, `name_es`, `name_en` or `name`, …), a line those of a path (`from`
and `to`, or the points at its ends; `kind`, `step_free`, `width_m`, …). A line's length is measured where `metres`
isn't given. Longitudes and latitudes become metres by an equirectangular projection around the first point.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from schemas.errors import PulsoError, first_problem
from schemas.venue_map import Path, Place

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG)."""

SAME_PLACE_M = 2.0
"""A line ends at a point that is no farther away."""

Position = tuple[float, float]


class GeoJsonError(PulsoError, ValueError):
    """A map can't be imported; the message names the feature and what was expected."""


def read_geojson(text: str, *, in_metres: bool = False) -> tuple[list[Place], list[Path]]:
    """Return the places and paths of a FeatureCollection.

    Args:
        in_metres: coordinates are the plan's metres, not longitude and latitude.

    Raises:
        GeoJsonError: the text is no such map.
    """
    try:
        features: Sequence[Mapping[str, Any]] = json.loads(text)["features"]
        points = [one for one in features if one["geometry"]["type"] == "Point"]
        lines = [one for one in features if one["geometry"]["type"] == "LineString"]
        if not points:
            raise GeoJsonError("no point in the file: a map needs places")
        projection = _Projection(points[0]["geometry"]["coordinates"], in_metres)
        positions = {one["properties"]["id"]: projection.metres(one["geometry"]["coordinates"]) for one in points}
        places = [_place(one["properties"], positions[one["properties"]["id"]]) for one in points]
        return places, [_path(one, projection, positions) for one in lines]
    except (json.JSONDecodeError, KeyError, TypeError, IndexError) as error:
        raise GeoJsonError(f"not a FeatureCollection of points and lines with properties: {error!r}") from error
    except ValidationError as error:
        raise GeoJsonError(first_problem(error, "a feature")) from error


class _Projection:
    def __init__(self, origin: Sequence[float], in_metres: bool) -> None:
        self._origin = origin
        self._in_metres = in_metres
        self._shrink = math.cos(math.radians(origin[1]))

    def metres(self, coordinates: Sequence[float]) -> Position:
        if self._in_metres:
            return float(coordinates[0]), float(coordinates[1])
        east = math.radians(coordinates[0] - self._origin[0]) * self._shrink * EARTH_RADIUS_M
        return round(east, 2), round(math.radians(coordinates[1] - self._origin[1]) * EARTH_RADIUS_M, 2)


def _place(properties: Mapping[str, Any], position: Position) -> Place:
    fields = {name: value for name, value in properties.items() if name in Place.model_fields}
    name = properties.get("name", properties["id"])
    named = {"name_es": name, "name_en": name, "kind": "junction"}
    return Place.model_validate({**named, **fields, "x_m": position[0], "y_m": position[1]})


def _path(feature: Mapping[str, Any], projection: _Projection, positions: Mapping[str, Position]) -> Path:
    properties = feature["properties"] or {}
    corners = [projection.metres(one) for one in feature["geometry"]["coordinates"]]
    fields = {name: value for name, value in properties.items() if name in Path.model_fields}
    measured = {
        "start": properties.get("from") or _nearest(corners[0], positions),
        "end": properties.get("to") or _nearest(corners[-1], positions),
        "metres": round(sum(math.dist(*pair) for pair in pairwise(corners)), 1),
    }
    return Path.model_validate({**measured, **fields})


def _nearest(corner: Position, positions: Mapping[str, Position]) -> str:
    name, distance = min(((name, math.dist(corner, at)) for name, at in positions.items()), key=lambda one: one[1])
    if distance > SAME_PLACE_M:
        raise GeoJsonError(
            f"a line ends at {corner}, {distance:.1f} m from the nearest place {name!r}; name it in `to`"
        )
    return name
