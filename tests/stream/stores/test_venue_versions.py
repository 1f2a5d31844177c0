"""Versions of the venue file: comments survive, two people's changes are merged, passwords stay in the file."""

from __future__ import annotations

import difflib
import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from processors.venue.difference import Entry
from stream.stores import venue_versions
from stream.stores.venue_versions import VenueVersionError, VenueVersions, hide_passwords, restore_passwords

TEXT = """\
# Our festival.
name: Prado  # as on the posters
timezone: Europe/Madrid

zones:
  # Before the main stage.
  - id: front
    area_m2: 100
    capacity: 300
  # Where people wait.
  - { id: gate, area_m2: 50, capacity: 100 }

cameras:
  - id: left
    url: rtsp://guard:hunter2@10.0.0.7/left
    views:
      - zone: front
        polygon: [[0, 0.2], [1, 0.2], [1, 1]] # without the roof
    masks:
      # The window of the first-aid post.
      - [[0.0, 0.0], [0.12, 0.0], [0.12, 0.1]]
calendar: { ground_opens: "16:00", ground_closes: "02:00" }
"""


@pytest.fixture
def versions(tmp_path: Path) -> VenueVersions:
    """Versions of a small venue file."""
    file = tmp_path / "venue.yaml"
    file.write_text(TEXT, encoding="utf-8")
    file.chmod(0o640)
    return VenueVersions(file)


def shown(versions: VenueVersions) -> tuple[str, dict[str, Any]]:
    """Return version and content as a page gets them."""
    document = versions.keep_current()
    return document.version, json.loads(json.dumps(hide_passwords(document.content)))


def changed_lines(after: str) -> list[str]:
    return [line for line in difflib.ndiff(TEXT.splitlines(), after.splitlines()) if line[:2] in ("- ", "+ ")]


def test_publishing_changes_only_the_lines_of_the_change(versions: VenueVersions) -> None:
    base, content = shown(versions)
    content["cameras"][0]["views"][0]["polygon"] = [[0, 0.3], [1, 0.3], [0.5, 1]]
    content["cameras"][0]["masks"].append([[0.5, 0.5], [0.6, 0.5], [0.6, 0.6]])
    content["zones"][1]["capacity"] = 120
    content["calendar"]["ground_closes"] = "03:00"
    proposal = versions.publish(base, content, by="ada")
    assert proposal.is_publishable and proposal.lost == ()
    assert changed_lines(versions.path.read_text(encoding="utf-8")) == [
        "-   - { id: gate, area_m2: 50, capacity: 100 }",
        "+   - { id: gate, area_m2: 50, capacity: 120 }",
        "-         polygon: [[0, 0.2], [1, 0.2], [1, 1]] # without the roof",
        "+         polygon: [[0, 0.3], [1, 0.3], [0.5, 1]] # without the roof",
        "+       - [[0.5, 0.5], [0.6, 0.5], [0.6, 0.6]]",
        '- calendar: { ground_opens: "16:00", ground_closes: "02:00" }',
        '+ calendar: { ground_opens: "16:00", ground_closes: "03:00" }',
    ]
    assert versions.path.stat().st_mode & 0o777 == 0o640


def test_removed_entry_keeps_the_comment_of_the_next_one(versions: VenueVersions) -> None:
    base, content = shown(versions)
    del content["zones"][0]
    content["cameras"][0]["views"] = []
    proposal = versions.publish(base, content, by="ada")
    assert proposal.is_publishable
    assert "# Where people wait." in proposal.text
    assert "# The window of the first-aid post." in proposal.text
    assert "Before the main stage." in proposal.lost or "# Before the main stage." in proposal.text


def test_two_people_change_different_parts_and_both_stay(versions: VenueVersions) -> None:
    base, mine = shown(versions)
    theirs = deepcopy(mine)
    mine["zones"][0]["capacity"], theirs["zones"][1]["capacity"] = 250, 90
    assert versions.publish(base, theirs, by="eva").is_publishable
    proposal = versions.publish(base, mine, by="ada")
    assert proposal.is_publishable
    assert [change.path for change in proposal.others] == [("zones", Entry("id", "gate"), "capacity")]
    assert [zone["capacity"] for zone in versions.current().content["zones"]] == [250, 90]
    assert [entry.by for entry in versions.log()] == ["ada", "eva", ""]


def test_two_people_change_one_field_and_nobody_is_overwritten(versions: VenueVersions) -> None:
    base, mine = shown(versions)
    theirs = deepcopy(mine)
    mine["zones"][0]["capacity"], theirs["zones"][0]["capacity"] = 250, 280
    versions.publish(base, theirs, by="eva")
    proposal = versions.publish(base, mine, by="ada")
    assert not proposal.is_publishable
    (conflict,) = proposal.conflicts
    assert (conflict.mine.after, conflict.theirs.after) == (250, 280)
    assert versions.current().content["zones"][0]["capacity"] == 280


def test_crossing_polygon_is_refused_at_its_field(versions: VenueVersions) -> None:
    base, content = shown(versions)
    content["cameras"][0]["views"][0]["polygon"] = [[0, 0], [1, 1], [1, 0], [0, 1]]
    proposal = versions.publish(base, content, by="ada")
    (mistake,) = proposal.mistakes
    assert mistake.at == ("cameras", 0, "views", 0, "polygon") and "cross" in mistake.text
    assert versions.path.read_text(encoding="utf-8") == TEXT


def test_roll_back_restores_the_exact_text(versions: VenueVersions) -> None:
    base, content = shown(versions)
    content["name"] = "Otro"
    versions.publish(base, content, by="ada")
    with pytest.raises(VenueVersionError, match="meanwhile"):
        versions.roll_back(base, base, by="eva")
    changes = versions.roll_back(base, versions.current().version, by="eva")
    assert versions.path.read_text(encoding="utf-8") == TEXT
    assert [(change.before, change.after) for change in changes] == [("Otro", "Prado")]
    with pytest.raises(VenueVersionError, match="not kept"):
        versions.roll_back("../../etc/passwd", base, by="eva")


def test_versions_are_bounded(versions: VenueVersions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_versions, "MAX_VERSIONS", 3)
    for number in range(5):
        base, content = shown(versions)
        content["name"] = f"Prado {number}"
        versions.publish(base, content, by="ada")
    assert len(versions.log()) == 3
    assert len(list(versions.path.parent.glob(".venue.yaml.versions/*.yaml"))) == 3


def test_passwords_do_not_leave_and_come_back_unharmed(versions: VenueVersions) -> None:
    base, content = shown(versions)
    assert "hunter2" not in json.dumps(content)
    content["cameras"][0]["id"] = "renamed"
    proposal = versions.publish(base, content, by="ada")
    assert proposal.is_publishable
    assert "rtsp://guard:hunter2@10.0.0.7/left" in versions.path.read_text(encoding="utf-8")
    folder = versions.path.parent / ".venue.yaml.versions"
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.glob("*.yaml"))


def test_password_of_two_like_addresses_is_requested_again() -> None:
    base = {"cameras": [{"id": "a", "url": "rtsp://g:1@h/x"}, {"id": "b", "url": "rtsp://g:2@h/x"}]}
    assert restore_passwords(hide_passwords(base), base) == base  # type: ignore[arg-type]
    with pytest.raises(VenueVersionError, match="password again"):
        restore_passwords({"cameras": [{"id": "c", "url": "rtsp://g@h/x"}]}, base)


def test_draft_is_kept_per_person(versions: VenueVersions) -> None:
    base, content = shown(versions)
    content["name"] = "Draft"
    versions.save_draft("ada", base, content)
    draft = versions.draft("ada")
    assert draft is not None and (draft.base, draft.content["name"]) == (base, "Draft")
    assert draft.content["cameras"][0]["url"] == "rtsp://guard:hunter2@10.0.0.7/left"
    assert versions.draft("eva") is None
    versions.discard_draft("ada")
    assert versions.draft("ada") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_explained(versions: VenueVersions) -> None:
    base, content = versions.current().version, versions.current().content
    versions.path.parent.chmod(0o500)
    try:
        with pytest.raises(VenueVersionError, match="can't be written"):
            versions.publish(base, {**content, "name": "Other"}, by="ada")
    finally:
        versions.path.parent.chmod(0o700)
