"""Tests of reading the venue file: errors name line, field and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.plan import area
from stream.features import registry
from stream.runtime.settings import ROOT
from stream.runtime.venue_file import VenueFileError, read_venue

VALID_VENUE = """name: Test
zones:
  - id: front
    area_m2: 100
    capacity: 300
cameras:
  - id: left
    views:
      - zone: front
        polygon: [[0, 0], [1, 0], [1, 1]]
"""


def write_venue_file(folder: Path, text: str) -> Path:
    path = folder / "venue.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_demo_venue_is_valid() -> None:
    venue = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
    assert [camera.id for camera in venue.cameras] == ["front-left", "gate-east", "bar-square"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("area_m2", "area", r"line 4.*did you mean area_m2"),
        ("capacity: 300", "capacity: none", r"line 5.*capacity"),
        ("zone: front", "zone: fornt", r"fornt"),
        ("[1, 1]", "[1, 7]", r"line 10"),
        ("name: Test", "name: Test\nname: Again", r"name is repeated, first in line 1"),
        ("zones:", "zones: [", r"no YAML"),
        (
            "zones:",
            "rules:\n  crowd-densty: {raise_at: 4, clear_at: 3, audience: [security]}\nzones:",
            r"line 3: rules.crowd-densty: .*not an alert rule; did you mean crowd-density\?$",
        ),
        (
            "zones:",
            "rules:\n  x: {raise_at: 4, clear_at: 3, audience: [security]}\nzones:",
            r"line 3: rules.x: x is not an alert rule; there are camera-blind, .*stage-silent$",
        ),
        (
            "zones:",
            "rules:\n  violence:\n    {raise_at: 4, clear_at: 3, audience: [guests]}\nzones:",
            r"line 4: rules.violence.audience",
        ),
        (
            "zones:",
            "contacts:\n  - id: duty\n    language: fr\nzones:",
            r"line 4: .*fr has no messages; there are en, es",
        ),
    ],
)
def test_venue_file_error_names_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(VenueFileError, match=message):
        read_venue(write_venue_file(tmp_path, VALID_VENUE.replace(old, new)))


def test_valid_file_is_read_and_missing_one_is_named(tmp_path: Path) -> None:
    assert read_venue(write_venue_file(tmp_path, VALID_VENUE)).zones[0].capacity == 300
    with pytest.raises(VenueFileError, match="PULSO_VENUE"):
        read_venue(tmp_path / "missing.yaml")


def test_venue_file_overrides_one_rule_and_keeps_the_others(tmp_path: Path) -> None:
    rules = "rules:\n  violence: {raise_at: 0.9, clear_at: 0.5, audience: [production]}\n"
    venue = read_venue(write_venue_file(tmp_path, VALID_VENUE + rules))
    settings = registry.rule_settings(venue)
    assert list(venue.rules) == ["violence"]
    assert settings["violence"].raise_at == 0.9
    assert settings["crowd-density"] == registry.rules_by_name()["crowd-density"].defaults


def test_schema_of_the_venue_file_names_the_rules() -> None:
    schema = registry.full_venue_type().model_json_schema()
    assert schema["properties"]["rules"]["propertyNames"]["enum"] == list(registry.rules_by_name())


VENUE_WITH_MEASUREMENTS = (
    VALID_VENUE.replace(
        "    capacity: 300", "    capacity: 300\n    exits: [North, {name: South, sign: S1, alternative: North}]"
    )
    + """        exits:
          - { exit: North, line: [[0.1, 0.2], [0.3, 0.2]] }
    ground:
      - { picture: [0.2, 0.2], metres: [-12, 40] }
      - { picture: [0.8, 0.2], metres: [12, 40] }
      - { picture: [1, 1], metres: [2, 7] }
      - { picture: [0, 1], metres: [-2, 7] }
    gates:
      - { id: east, line: [[0, 0.5], [1, 0.5]], inwards: [0.5, 0.9] }
"""
).replace("[[0, 0], [1, 0], [1, 1]]", "[[0, 0.3], [1, 0.3], [1, 1]]")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[-12, 40]", "[-12, 40], high: 2", r"line 1[0-9].*unknown field; there are picture, metres"),
        ("picture: [0.8, 0.2]", "picture: [0.1, 0.6]", r"line 1[0-9].*one line of the picture"),
        ("inwards: [0.5, 0.9]", "inwards: [0.5, 0.5]", r"inwards lies on the line"),
        ("exit: North", "exit: Nroth", r"zone 'front' has no exit 'Nroth'; it has North, South"),
        ("alternative: North", "alternative: West", r"'West' is not an exit of any zone"),
        ("sign: S1", "singn: S1", r"did you mean sign"),
        ("[0, 0.3], [1, 0.3]", "[0, 0], [1, 0]", r"above the horizon"),
    ],
)
def test_error_in_measurements_names_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    camera = read_venue(write_venue_file(tmp_path, VENUE_WITH_MEASUREMENTS)).cameras[0]
    assert camera.gates[0].id == "east" and camera.ground is not None
    with pytest.raises(VenueFileError, match=message):
        read_venue(write_venue_file(tmp_path, VENUE_WITH_MEASUREMENTS.replace(old, new)))


VENUE_WITH_PLAN = (
    VALID_VENUE
    + """plan:
  zones: { front: [[0, 0], [10, 0], [10, 10]] }
  cameras: { left: { at: [0, 0], towards: [5, 5] } }
"""
)


def test_plan_with_unknown_zone_or_position_is_refused(tmp_path: Path) -> None:
    plan = read_venue(write_venue_file(tmp_path, VENUE_WITH_PLAN)).plan
    assert plan is not None and plan.cameras["left"].towards == (5, 5)
    for old, new, message in (
        ("front: [[0", "back: [[0", r"plan: zones: 'back' is not among front"),
        ("towards: [5, 5]", "towards: [0, 0]", r"line 13.*position of the camera itself"),
        ("towards", "toward", r"line 13.*did you mean towards"),
        ("[10, 0], ", "", r"line 12.*at least 3"),
    ):
        with pytest.raises(VenueFileError, match=message):
            read_venue(write_venue_file(tmp_path, VENUE_WITH_PLAN.replace(old, new)))


def test_areas_of_demo_plan_equal_those_of_its_zones() -> None:
    venue = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
    assert venue.plan is not None
    assert {zone.id: zone.area_m2 for zone in venue.zones} == {
        name: pytest.approx(area(ring)) for name, ring in venue.plan.zones.items()
    }
