"""A venue file explains its mistakes: line, field, remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.settings import ROOT
from stream.venue_file import VenueFileError, read_venue

GOOD = """name: Test
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


def write(folder: Path, text: str) -> Path:
    path = folder / "venue.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_demo_venue_is_valid() -> None:
    venue = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
    assert [camera.id for camera in venue.cameras] == ["front-left", "gate-east", "bar-square"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("area_m2", "area", r"line 4.*did you mean area_m2"),
        ("capacity: 300", "capacity: none", r"line 5.*capacity"),
        ("zone: front", "zone: fornt", r"fornt"),
        ("[1, 1]", "[1, 7]", r"line 10"),
        ("name: Test", "name: Test\nname: Again", r"name stands here and in line 1"),
        ("zones:", "zones: [", r"no YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(VenueFileError, match=message):
        read_venue(write(tmp_path, GOOD.replace(old, new)))


def test_a_good_file_and_a_missing_one(tmp_path: Path) -> None:
    assert read_venue(write(tmp_path, GOOD)).zones[0].capacity == 300
    with pytest.raises(VenueFileError, match="PULSO_VENUE"):
        read_venue(tmp_path / "missing.yaml")
