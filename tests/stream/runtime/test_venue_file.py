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
            r"line 3: rules.x: x is not an alert rule; there are camera-blind, .*stage-silent, ",
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("contacts:\n  - {id: duty, quiet: {begin: 22:00, end: 06:00}}", r"line 12: 22:00 .*1320.*quotes, \"22:00\""),
        ("calendar: {day_begins: 6:00}", r"line 11: 6:00 .*360"),
        ("rules:\n  violence: {raise_at: 1:30, clear_at: 0, audience: [bar]}", r"line 12: 1:30 .*90.*write the number"),
        ("capacity: 0100", r"line 11: 0100 .*64.*without the 0"),
        ("contacts:\n  - id: 007", r"line 12: 007 .*\"007\""),
        ("contacts:\n  - id: 12", r"line 12: contacts\[0\].id: YAML reads 12 as a number, .*\"12\""),
        ("contacts:\n  - id: 1.5", r"YAML reads 1.5 as a number, .*\"1.5\""),
        ("contacts:\n  - id: on", r"YAML reads on as yes or no, .*quotes: \"on\""),
        ("contacts:\n  - {id: duty, language: no}", r"line 12: .*YAML reads no as yes or no"),
        ("language: no", r"line 11: .*'es' or 'en'; YAML reads no as yes or no"),
        ("contacts:\n  - id: 2026-07-04", r"YAML reads 2026-07-04 as a date, .*\"2026-07-04\""),
        ("plan:\n  zones:\n    off: [[0, 0], [1, 0], [1, 1]]", r"line 13: YAML reads off as yes or no"),
        ("rules: {12: {}}", r"line 11: YAML reads 12 as a number"),
        ("timezone:", r"line 11: timezone: is empty; write a text"),
        ("contacts:\n  - id: a\n    id: b", r"line 13: id is repeated, first in line 12"),
        ("contacts:\n\t- id: a", r"line 12: no YAML: .*spaces, not with tabs"),
    ],
)
def test_what_yaml_reads_otherwise_is_refused_with_remedy(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(VenueFileError, match=message):
        read_venue(write_venue_file(tmp_path, VALID_VENUE + text + "\n"))


@pytest.mark.parametrize(
    "text",
    [
        'contacts:\n  - {id: duty, quiet: {begin: "22:00", end: 06:00}}',
        'contacts: [{id: "on"}, {id: "007"}, {id: 1e3}]',
        "calendar: {first_day: 2026-07-04, last_day: 2026-07-05}", "capacity: 10_000", "capacity: 100",
        "rules:\n  violence: {raise_at: 0.9, clear_at: 0, audience: [bar]}",
    ],
)  # fmt: skip
def test_quoted_times_and_plain_numbers_are_read(tmp_path: Path, text: str) -> None:
    assert read_venue(write_venue_file(tmp_path, VALID_VENUE + text + "\n")).name == "Test"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  - {id: b, url: 'rstp://guard:hunter2@h/x'}", r"line 11: cameras\[1\].url: .*did you mean rtsp://"),
        ("  - {id: b, url: 'rtsp://guard:hunter2@h:99999/x'}", r"port 99999"),
        ("  - {id: b, url: ' rtsp://guard:hunter2@h/x'}", r"remove it"),
        ("  - {id: b, url: 'rtsp://guard:hunter2/3?4@h/x'}", r"%2F"),
        ("  - {id: b, url: [rtsp://guard:hunter2@h]}", r"cameras\[1\].url"),
        ("mailboxes:\n  - {url: 'imaps://a:hunter2@h/INBOX'}", r"line 12: .*set PULSO_MAILBOX_PASSWORD"),
        ("stages:\n  - {id: main, url: 'http//guard:hunter2@h/x'}", r"line 12: .*did you mean http://"),
        ("capacity: 'http://guard:hunter2@h/x'", r"line 11: capacity"),
    ],
)
def test_mistake_in_an_address_names_its_line_and_no_password(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(VenueFileError, match=message) as raised:
        read_venue(write_venue_file(tmp_path, VALID_VENUE + text + "\n"))
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[0, 0.3], [1, 0.3], [1, 1]", "[0, 0.3], [1, 1], [1, 0.3], [0, 1]", r"line 1[0-9]: .*cross"),
        ("[0, 0.3], [1, 0.3], [1, 1]", "[0, 0.3], [0.5, 0.3], [1, 0.3]", r"one line"),
        ("line: [[0.1, 0.2], [0.3, 0.2]]", "line: [[0.1, 0.2], [0.1, 0.2]]", r"no length"),
        ("line: [[0, 0.5], [1, 0.5]]", "line: [[0, 0.5], [0, 0.5]]", r"no length"),
        ("metres: [12, 40]", "metres: [-12, 40]", r"one line of the ground"),
        ("picture: [1, 1], metres: [2, 7]", "picture: [1, 1], metres: [.inf, 7]", r"ground\[2\].metres"),
        ("[0, 0.3], [1, 0.3], [1, 1]", "[0.5, 0.9], [0.501, 0.9], [0.5, 0.901]", r"covers less than 0.1 m²"),
    ],
)
def test_area_that_can_not_be_measured_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in VENUE_WITH_MEASUREMENTS
    with pytest.raises(VenueFileError, match=message):
        read_venue(write_venue_file(tmp_path, VENUE_WITH_MEASUREMENTS.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("capacity: 300", "capacity: yes", r"line 5: zones\[0\].capacity: YAML reads yes as yes or no; write numbers"),
        ("[1, 1]", "[1, on]", r"line 10: .*polygon: write numbers, without yes"),
        ("area_m2: 100", "area_m2: Off", r"line 4: .*YAML reads Off as yes or no"),
        (
            "zones:",
            "contacts:\n  - {id: a, audience: [security], quiet: {begin: '24:00', end: '6:00'}}\nzones:",
            r"'24:00' is not a time of day; write it as \"09:30\"[^\n]*\n.*'6:00' is not a time",
        ),
        ("zones:", "mailboxes: [{url: mail}, {url: mail}]\nzones:", r"mailboxes: support is used more than once"),
    ],
)
def test_yes_and_wrong_times_are_explained(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(VenueFileError, match=message):
        read_venue(write_venue_file(tmp_path, VALID_VENUE.replace(old, new)))


def test_anchors_are_merged(tmp_path: Path) -> None:
    text = VALID_VENUE.replace("  - id: front", "  - &front\n    id: front").replace(
        "cameras:", "  - {<<: *front, id: back, capacity: 7}\ncameras:"
    )
    zones = read_venue(write_venue_file(tmp_path, text)).zones
    assert [(zone.id, zone.capacity, zone.area_m2) for zone in zones] == [("front", 300, 100), ("back", 7, 100)]


@pytest.mark.parametrize(
    "line",
    [
        "rtsp://a:hunter2@h/x: 1\n",
        "rtsp://a:hunter2@h/x: 1\nrtsp://a:hunter2@h/x: 2\n",
        "name: {rtsp://a:hunter2@h/x: 1}",
    ],
)
def test_password_in_a_key_is_not_shown(tmp_path: Path, line: str) -> None:
    with pytest.raises(VenueFileError) as raised:
        read_venue(write_venue_file(tmp_path, line))
    assert "hunter2" not in str(raised.value)
