from __future__ import annotations

import json
from typing import Any

import pytest

from processors.routes.geojson import GeoJsonError, read_geojson


def collection(*features: dict[str, Any]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


def point(place: str, *at: float, **properties: Any) -> dict[str, Any]:
    return {"geometry": {"type": "Point", "coordinates": at}, "properties": {"id": place, **properties}}


def line(*corners: list[float], **properties: Any) -> dict[str, Any]:
    return {"geometry": {"type": "LineString", "coordinates": corners}, "properties": properties}


def test_degrees_become_metres() -> None:
    text = collection(
        point("a", -3.7, 40.4, kind="stage", name="Main"),
        point("b", -3.7, 40.401),
        line([-3.7, 40.4], [-3.7, 40.401], kind="ramp", slope_percent=5, one_way=True),
    )
    places, (path,) = read_geojson(text)
    assert (places[0].kind, places[0].name_es, places[1].kind) == ("stage", "Main", "junction")
    assert (path.start, path.end, path.kind, path.one_way) == ("a", "b", "ramp", True)
    assert path.metres == pytest.approx(111.2, abs=0.1)


def test_plan_metres_and_named_ends_are_kept() -> None:
    text = collection(
        point("a", 0, 0), point("b", 30, 40), line([1, 1], [9, 9], **{"from": "a", "to": "b", "metres": 55})
    )
    places, (path,) = read_geojson(text, in_metres=True)
    assert (places[1].x_m, places[1].y_m, path.metres) == (30, 40, 55)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a FeatureCollection"),
        (collection(), "no point"),
        (collection(point("a", 0, 0), line([0, 0], [0, 9])), "9.0 m from the nearest place 'a'"),
        (collection(point("a", 0, 0), point("b", 0, 9), line([0, 0], [0, 9], width_m=-1)), "width_m"),
    ],
)
def test_unusable_map_is_refused(text: str, message: str) -> None:
    with pytest.raises(GeoJsonError, match=message):
        read_geojson(text, in_metres=True)
